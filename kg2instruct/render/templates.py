"""Wordings of instructions: data files `templates/<task>/<lang>.yaml`, read when first used.

    closed:                                  # lists the labels asked for
      - "请从文中找出$schema。$format\\n文本：$input"
    open:                                    # lists none
      - "文中有哪些实体？$format"
    keyed:                                   # labels and text travel beside it, as JSON (IEPile's prompts)
      - "你是实体抽取专家……"

Fields are `$schema` (the labels), `$format` (what the answer should look like, in whole sentences), `$input`
(the text; without it the text goes to the row's `input`) and `$events` (the given events of task eea). A
template can be limited to output formats: {text: "…", formats: [tuple, lines]}. A set other than the default
lies in a folder of its own, `templates/<task>/<set>/<lang>.yaml`. Names: `re/zh`, `re/zhixi/zh`; of one
template `re/zh/closed/7`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template as Fields

import yaml

from kg2instruct.errors import InputError, UnknownName
from kg2instruct.registry import Registry
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.tasks import TASKS
from kg2instruct.resources import resource_dir

KINDS = ("closed", "open", "keyed")
FIELDS = ("schema", "format", "input", "events")
_NEEDED = {"closed": {"schema", "format"}, "open": {"format"}, "keyed": set[str]()}
# Names end at the first character that is not ASCII, as in string.Template: `$schema这样`.
_SPLIT = re.compile(r"\$(?:\{([_a-zA-Z]\w*)\}|([_a-zA-Z]\w*)|(\$))", re.ASCII)

_TEXT_APART = re.compile(r"^\$input|\$input$|[：:】]\s?\$input", re.MULTILINE)
_LABELS_APART = re.compile(r"[：:】]\s?\$schema|^\$schema", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Template:
    """One wording. `parts` are literals and field names by turns, beginning and ending with a literal."""

    name: str
    kind: str
    text: str
    parts: tuple[str, ...]
    formats: tuple[str, ...] = ()

    holds_text: bool = False
    """The text to read is part of the instruction."""
    in_sentence: bool = False
    """The text to read stands within a sentence, where only a short one is natural."""
    lists_labels: bool = False
    """The labels stand behind a colon or on a line of their own, where JSON and definitions can stand too."""

    def fill(self, values: Mapping[str, str]) -> str:
        """The instruction with its fields filled in."""
        pieces = list(self.parts)
        for i in range(1, len(pieces), 2):
            pieces[i] = values[pieces[i]]
        return "".join(pieces)


class TemplateSet:
    """The templates of one file."""

    def __init__(self, name: str, path: Traversable) -> None:
        self.name, self.path = name, path
        self._usable: dict[tuple[str, str], tuple[Template, ...]] = {}
        self._suited: dict[tuple[str, str, bool, bool], tuple[Template, ...]] = {}
        self._formats: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}

    @cached_property
    def templates(self) -> Mapping[str, tuple[Template, ...]]:
        """Templates by kind.

        Raises InputError with file and line for the first thing that is not a template.
        """
        return _read(self.name, self.path)

    def of_kind(self, kind: str, output_format: str) -> tuple[Template, ...]:
        """The templates that list labels ("closed"), do not ("open") or leave them aside ("keyed")."""
        key = kind, output_format
        if key not in self._usable:
            fit = [x for x in self.templates[kind] if not x.formats or output_format in x.formats]
            self._usable[key] = tuple(fit)
        return self._usable[key]

    def for_question(
        self, kind: str, output_format: str, *, listing: bool, long: bool
    ) -> tuple[Template, ...]:
        """Templates of a kind that suit a question: `listing` needs labels apart, a `long` text too.

        All of the kind, where none suits.
        """
        key = kind, output_format, listing, long
        if key not in self._suited:
            every = self.of_kind(kind, output_format)
            suited = [x for x in every if (x.lists_labels or not listing) and not (x.in_sentence and long)]
            self._suited[key] = tuple(suited) or every
        return self._suited[key]

    def formats(self, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the output formats that some template of the kind can ask for."""
        key = kind, names
        if key not in self._formats:
            self._formats[key] = tuple([x for x in names if self.of_kind(kind, x)])
        return self._formats[key]


@lru_cache(maxsize=8)
def template_sets(folder: Path | None = None) -> Registry[TemplateSet]:
    """All template sets under a folder, by default the project's own. Raises InputError where it has none."""
    root = folder or resource_dir("templates")
    found: dict[str, TemplateSet] = {}
    for task in sorted(TASKS):
        if (root / task).is_dir():
            for name, path in _files(root / task, task):
                found[name] = TemplateSet(name, path)
    if not found:
        raise InputError(f"{root}: no templates; they are files <task>/<lang>.yaml, such as re/zh.yaml")
    return Registry("template set", found)


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for path in sorted(folder.iterdir(), key=lambda x: x.name):
        if path.is_dir():
            yield from _files(path, f"{prefix}/{path.name}")
        elif path.name.endswith(".yaml"):
            yield f"{prefix}/{path.name.removesuffix('.yaml')}", path


def _read(name: str, path: Traversable) -> Mapping[str, tuple[Template, ...]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8: {getattr(error, 'strerror', error)}") from error
    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(
            f"{path}:{mark.line + 1 if mark else 1}: not YAML: {getattr(error, 'problem', error)}"
        ) from error
    if not isinstance(root, yaml.MappingNode):
        raise InputError(
            f"{path}:1: a template file has the keys {', '.join(KINDS)}, each with a list of texts"
        )
    found: dict[str, tuple[Template, ...]] = dict.fromkeys(KINDS, ())
    for key, node in root.value:
        where = f"{path}:{key.start_mark.line + 1}"
        if key.value not in KINDS:
            raise InputError(f"{where}: {UnknownName('kind of template', str(key.value), KINDS)}")
        if not isinstance(node, yaml.SequenceNode):
            raise InputError(f"{where}: {key.value} is a list of texts")
        found[key.value] = tuple(
            _template(f"{name}/{key.value}/{i}", key.value, x, path) for i, x in enumerate(node.value, 1)
        )
    return found


def _template(name: str, kind: str, node: yaml.Node, path: Traversable) -> Template:
    where = f"{path}:{node.start_mark.line + 1}"
    formats: tuple[str, ...] = ()
    if isinstance(node, yaml.MappingNode):
        entries = {str(key.value): value for key, value in node.value}
        unknown = set(entries) - {"text", "formats"}
        if unknown or "text" not in entries:
            raise InputError(f"{where}: a template is a text or has the keys text and formats")
        formats = _formats(entries["formats"], where) if "formats" in entries else ()
        node = entries["text"]
    if not isinstance(node, yaml.ScalarNode):
        raise InputError(f"{where}: a template is a text")
    text = str(node.value).strip("\n")
    _check(text, kind, name, where)
    return Template(
        name,
        kind,
        text,
        _parts(text),
        formats,
        holds_text="$input" in text,
        in_sentence="$input" in text and not _TEXT_APART.search(text),
        lists_labels=bool(_LABELS_APART.search(text)),
    )


def _formats(node: yaml.Node, where: str) -> tuple[str, ...]:
    """The output formats that a template is limited to, a list or one name."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    names = tuple(str(x.value) for x in nodes)
    for name in names:
        if name not in FORMATS:
            raise InputError(f"{where}: {UnknownName('output format', name, FORMATS)}")
    return names


def _check(text: str, kind: str, name: str, where: str) -> None:
    fields = Fields(text)
    if not fields.is_valid():
        raise InputError(f"{where}: a dollar sign that is no field is written $$")
    used = set(fields.get_identifiers())
    for x in sorted(used - set(FIELDS)):
        raise InputError(f"{where}: {UnknownName('field', x, FIELDS)}")
    needed = _NEEDED[kind] | ({"events"} if kind == "open" and name.startswith("eea/") else set())
    if missing := sorted(needed - used):
        raise InputError(f"{where}: a template of the kind {kind} needs ${missing[0]}")
    if kind != "closed" and "schema" in used:
        raise InputError(f"{where}: a template of the kind {kind} has no $schema")


def _parts(text: str) -> tuple[str, ...]:
    """Literals and fields by turns; joining them is five times as fast as `string.Template.substitute`."""
    parts, position, literal = [], 0, ""
    for match in _SPLIT.finditer(text):
        literal += text[position : match.start()]
        position = match.end()
        if match[3]:
            literal += "$"
        else:
            parts += [literal, match[1] or match[2]]
            literal = ""
    return (*parts, literal + text[position:])
