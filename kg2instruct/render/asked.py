"""The labels that one instruction asks for, and their form in the `schema` column of a row.

    ner, re, eet   ["人物", "地点"]
    spo            [{"subject_type": "影视作品", "predicate": "主演", "object_type": "人物"}]
    ee             [{"event_type": "裁员", "trigger": true, "arguments": ["裁员方", "时间"]}]
    eea            [{"event_type": "裁员", "trigger": ["裁掉"], "arguments": ["裁员方", "时间"]}]
    kg             [{"entity_type": "人物", "attributes": ["职业", "国籍"]}]

These are IEPile's own forms. A label that is asked for under another name than the records' own (a synonym,
or its name in another language) is an object with `label`, the records' name, beside it: {"name": "出生地",
"label": "出生地点"}; attributes under other names have those of the records in `attribute_labels`, in the same order.
An empty list is an open question, which lists no labels.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from kg2instruct.errors import InputError
from kg2instruct.render.tasks import Task


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A label as one instruction asks for it.

    `key` are the label fields as the records have them, `names` as the instruction has them. `roles` are the
    roles of an event type or the attributes of an entity type as the instruction has them, `role_keys` as the
    records have them, empty where both are the same. `triggers` are those given in the question (task eea).
    """

    key: tuple[str, ...]
    names: tuple[str, ...]
    roles: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    definition: str = ""
    role_keys: tuple[str, ...] = ()

    @property
    def roles_by_key(self) -> dict[str, str]:
        """What the instruction calls the roles of the records, where it calls any of them otherwise."""
        return dict(zip(self.role_keys, self.roles, strict=True)) if self.role_keys else {}

    @property
    def name(self) -> str:
        """The label as one word: the relation of a typed triple, else the label itself."""
        return self.names[1] if len(self.names) == 3 else self.names[0]


def entry(task: Task, asked: Asked) -> Any:
    """One element of the `schema` column."""
    if task.name == "spo":
        head_type, relation, tail_type = asked.names
        form: dict[str, Any] = {"subject_type": head_type, "predicate": relation, "object_type": tail_type}
    elif task.name == "kg":
        form = {"entity_type": asked.names[0], "attributes": asked.roles}
        if asked.role_keys:
            form["attribute_labels"] = asked.role_keys
    elif task.name == "ee":
        form = {"event_type": asked.names[0], "trigger": True, "arguments": asked.roles}
    elif task.name == "eea":
        form = {"event_type": asked.names[0], "trigger": asked.triggers, "arguments": asked.roles}
    elif asked.key == asked.names:
        return asked.names[0]
    else:
        form = {"name": asked.names[0]}
    if asked.key != asked.names:
        form["label"] = list(asked.key) if len(asked.key) > 1 else asked.key[0]
    return form


def shown(task: Task, asked: Asked) -> Any:
    """The same as a model is to see it: without the note on what the records call the label."""
    if asked.key == asked.names and not asked.role_keys:
        return entry(task, asked)
    return entry(task, Asked(asked.names, asked.names, asked.roles, asked.triggers))


def write_schema(task: Task, asked: Sequence[Asked]) -> str:
    """The `schema` column of a row: compact JSON text."""
    if task.plain:
        forms = [x.names[0] if x.key == x.names else entry(task, x) for x in asked]
    else:
        forms = [entry(task, x) for x in asked]
    return msgspec.json.encode(forms).decode()


def read_schema(task: Task, text: str) -> tuple[Asked, ...]:
    """The labels asked for, from the `schema` column of a row; IEPile's plain lists are read too.

    Raises InputError when it is not a list of labels of this task.
    """
    try:
        return tuple([_read_entry(task, x) for x in json.loads(text or "[]")])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"schema of a row of task {task.name} is not a list of labels: {text[:80]!r}"
        ) from error


def _read_entry(task: Task, form: Any) -> Asked:
    if isinstance(form, str):
        names: tuple[str, ...] = (form,)
        roles: tuple[str, ...] = ()
        role_keys: tuple[str, ...] = ()
        triggers: tuple[str, ...] = ()
    else:
        names = tuple(
            str(form[x])
            for x in ("subject_type", "predicate", "object_type", "entity_type", "event_type", "name")
            if x in form
        )
        roles = tuple(map(str, form.get("arguments", form.get("attributes", ()))))
        role_keys = tuple(map(str, form.get("attribute_labels", ())))
        if role_keys and len(role_keys) != len(roles):
            raise ValueError(f"{len(role_keys)} labels of {len(roles)} attributes")
        given = form.get("trigger")
        triggers = tuple(map(str, given)) if isinstance(given, list) else ()
    if len(names) != len(task.labels):
        raise ValueError(f"{len(names)} labels where {len(task.labels)} belong")
    label = form.get("label", names) if isinstance(form, dict) else names
    key = (label,) if isinstance(label, str) else tuple(map(str, label))
    return Asked(key, names, roles, triggers, role_keys=role_keys)
