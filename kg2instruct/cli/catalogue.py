"""`kg2instruct templates`, `schemas` and `formats`: what there is to choose from, each shown at work."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.schema.model import Relation

Code = Literal["zh", "en"]
Lang = Annotated[Code, typer.Option("--lang", help="Language of names and examples.")]


def templates(
    name: Annotated[str | None, typer.Argument(help="A set to show, such as re/zh or re/iepile/zh.")] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Your own folder of templates.")] = None,
    json: o.Json = False,
) -> None:
    """List the sets of instruction templates, or show one with an example."""
    from kg2instruct.cli import show
    from kg2instruct.render.catalogue import describe_templates

    found = describe_templates(name, folder)
    if json:
        show.print_json(found)
    elif name is None:
        show.show_rows(found, ["name", "closed", "open", "keyed"])
    else:
        for entry in found:
            only = f" [dim]only for {', '.join(entry['formats'])}[/]" if entry["formats"] else ""
            show.results.print(
                f"[bold]{escape(entry['name'])}[/]{only}\n{escape(entry['text'])}\n", soft_wrap=True
            )
        output_format = next((entry["formats"][0] for entry in found if entry["formats"]), "json")
        only_open = all(entry["kind"] == "open" for entry in found)
        _show_example(name, output_format, str(folder or ""), only_open=only_open)


def _show_example(name: str, output_format: str, folder: str, *, only_open: bool) -> None:
    """One row made with a set of templates."""
    from kg2instruct.cli import show
    from kg2instruct.render import LabelSchema, RenderOptions, render_example
    from kg2instruct.render.catalogue import sample_example

    task, *inner, lang = name.split("/")
    example = sample_example(lang)
    options = RenderOptions(
        tasks=(task,),
        formats=(output_format,),
        template_set="/".join(inner),
        template_folder=folder,
        open_rate=float(only_open),
    )
    for row in render_example(example, LabelSchema.from_examples([example]), options)[:1]:
        show.show_fields(
            {"example": row.template, **{k: getattr(row, k) for k in ("instruction", "input", "output")}}
        )


def formats(
    name: Annotated[str | None, typer.Argument(help="A format to show with all tasks.")] = None,
    tasks: Annotated[bool, typer.Option("--tasks", help="List the tasks instead.")] = False,
    layouts: Annotated[bool, typer.Option("--layouts", help="List the layouts of rows instead.")] = False,
    lang: Lang = "zh",
    json: o.Json = False,
) -> None:
    """List the output formats, each with an answer in it, or show one with all tasks."""
    from kg2instruct.cli import show
    from kg2instruct.render.catalogue import describe_formats, sample_example

    if tasks or layouts:
        _show_beside(tasks=tasks, layouts=layouts, lang=lang, json=json)
        return
    found = describe_formats(name, lang)
    if json:
        show.print_json(found)
        return
    show.show_fields({"text": sample_example(lang).text})
    if name is None:
        show.show_rows(
            [{"name": f["name"], "relation extraction": f["examples"]["re"]} for f in found],
            ["name", "relation extraction"],
        )
    else:
        show.show_rows(
            [{"task": task, "answer": answer} for task, answer in found[0]["examples"].items()],
            ["task", "answer"],
        )


def _show_beside(*, tasks: bool, layouts: bool, lang: Code, json: bool) -> None:
    """What goes with formats: the tasks that ask, the layouts that rows are written in."""
    from kg2instruct.cli import show
    from kg2instruct.jsonl import encode
    from kg2instruct.render.catalogue import describe_layouts, describe_tasks

    asked = describe_tasks(lang) if tasks else []
    written = describe_layouts(lang) if layouts else []
    if json:
        show.print_json(asked + written)
        return
    if tasks:
        rows = [{**task, "fields": ", ".join(task["fields"])} for task in asked]
        show.show_rows(rows, ["task", "name", "fields", "labels_per_instruction"])
    if layouts:
        show.show_rows(
            [{**x, "example": encode(x["example"]).decode()} for x in written], ["name", "example"]
        )


def schemas(
    name: Annotated[
        str | None, typer.Argument(help="A topic (person, 人物) or a relation (P19, 出生地) to show.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--schemas", help="Your own schema, a file or a folder.")
    ] = None,
    lang: Lang = "zh",
    json: o.Json = False,
) -> None:
    """List the topics, or show a topic with its relations, or one relation."""
    from kg2instruct.cli import show

    described = _describe_schemas(name, folder, lang)
    if json:
        show.print_json(described)
    elif isinstance(described, list):
        show.show_rows(described, list(described[0]) if described else [])
    else:
        show.show_fields(described)


def _describe_schemas(name: str | None, folder: Path | None, lang: Code) -> Any:
    """Topics in rows, a topic's relations in rows, or one relation's fields."""
    from kg2instruct.schema import load_schemas

    found = load_schemas(folder)
    if name is None:
        return [
            {"topic": topic.id, "name": topic.name[lang], "relations": len(topic.relations)}
            for topic in found.topics.values()
        ]
    if name[:1] in "Pp" and name[1:].isdecimal():
        return _described(found.relation(int(name[1:])))
    if relation := found.relation_named(name, lang):
        return _described(relation)
    topic = found.topic(name)
    return [
        {
            "relation": found.relation_name(relation.pid, lang, topic),
            "property": f"P{relation.pid}",
            "head": ", ".join(found.types[x].name[lang] for x in relation.head_types),
            "tail": ", ".join(found.types[x].name[lang] for x in relation.tail_types) or relation.kind,
            "definition": relation.definition[lang],
        }
        for relation in found.relations_of(topic)
    ]


def _described(relation: Relation) -> dict[str, Any]:
    fields = asdict(relation)
    return {"property": f"P{fields.pop('pid')}", **fields}
