"""What `build` and `align` say in the end: where everything went, three examples, what to look at next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from kg2instruct.cli.show import show_counts
from kg2instruct.pipeline.build import BuildSummary
from kg2instruct.records import InstructionRow
from kg2instruct.report.tally import with_prefix

_FUNNEL = (
    *("pages read", "pages with an entity", "passages", "passages with a triple", "candidates", "triples"),
    "examples",
)
_GROUPS = (
    ("left out: ", "pages and passages left out"),
    ("dropped: ", "claims not taken"),
    ("rows of task: ", "rows by task"),
    ("rows of topic: ", "rows by topic"),
)
_SHOWN = 26  # lines of a table
_LONGEST = 420  # characters of a field shown whole
_EXAMPLES = 3
_LOOKED_THROUGH = 3000  # rows, for examples


def show_build(summary: BuildSummary, console: Console) -> None:
    """The funnel, what was dropped, what was wrong with the input, three examples, and where to look next."""
    out, counts = escape(str(summary.out)), summary.counts
    if summary.finished_before:
        console.print(f"[green]{out} was finished before[/]; --fresh builds it anew", soft_wrap=True)
    funnel = {name: counts[name] for name in _FUNNEL if name in counts}
    show_counts("pages to triples", funnel | {f"rows: {k}": v for k, v in summary.rows.items()}, console)
    for prefix, title in _GROUPS:
        _show_group(title, with_prefix(counts, prefix), console)
    templates = summary.stats.get("unknown_templates", {})
    _show_group("templates without a rule (they show nothing)", templates, console, most=5)
    _show_problems(summary.stats.get("problems", {}), console)
    if not counts.get("examples"):
        console.print(
            "[bold yellow]nothing was aligned:[/] no passage names anything that the knowledge base knows; "
            "do the pages and the knowledge base belong together?",
            soft_wrap=True,
        )
    for row in varied_rows(summary.out):
        _show_row(row, console)
    _show_places(summary, console)
    for name, why in summary.failed.items():
        console.print(f"[bold red]missing[/] {escape(name)}: {escape(why)}", soft_wrap=True)


def _show_group(title: str, counts: Mapping[str, int], console: Console, *, most: int = _SHOWN) -> None:
    if not counts:
        return
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = dict(common[:most])
    rest = common[most:]
    if rest:
        shown[f"… and {len(rest)} more in stats.json"] = sum(count for _, count in rest)
    show_counts(title, shown, console)


def _show_problems(problems: Mapping[str, Mapping[str, Any]], console: Console) -> None:
    for kind, found in problems.items():
        console.print(f"[yellow]problem[/] {found['count']:,} × {escape(kind)}")
        for place in found["examples"][:2]:
            console.print(f"    {escape(place)}", style="dim", highlight=False, soft_wrap=True)


def _show_places(summary: BuildSummary, console: Console) -> None:
    out = summary.out
    places = {
        "data": f"instruction rows: datasets.load_dataset({str(out)!r})",
        "report.html": "to look at in a browser: counts, and a sample of records with their relations drawn",
        "aligned": "records with mentions, triples, and the pages they come from",
        "rejects": "what was left out, and why",
        "kb": f"the knowledge base: kg2instruct kb info {out / 'kb'} Q64; another build takes it with --kb",
        "stats.json": "all counts and reasons",
        "config.yaml": "all options, to build the same again with --config",
    }
    console.print()
    for name, what in places.items():
        if (out / name).exists():
            console.print(
                f"[bold]{escape(str(out / name))}[/]  {escape(what)}", highlight=False, soft_wrap=True
            )


def varied_rows(out: Path) -> list[InstructionRow]:
    """Up to three answered rows that differ in task, language and output format; short ones first."""
    found: dict[tuple[str, str], list[InstructionRow]] = {}
    rich: set[str] = set()
    for row, answers in _answered(out):
        found.setdefault((row.lang, row.task), []).append(row)
        if answers > 1:
            rich.add(row.id)
    chosen: list[InstructionRow] = []
    while len(chosen) < _EXAMPLES and any(found.values()):
        langs, tasks = [row.lang for row in chosen], [row.task for row in chosen]
        key = min(
            (key for key, rows in found.items() if rows),
            key=lambda key: (langs.count(key[0]) + tasks.count(key[1]), key[0] != "zh", key[1] != "re", key),
        )
        best = min(found[key], key=lambda row: (row.id not in rich) + _dullness(row, chosen))
        found[key].remove(best)
        chosen.append(best)
    return chosen


def _dullness(row: InstructionRow, chosen: list[InstructionRow]) -> float:
    """How little there is to see in a row after others: the same format or topic, length; JSON first."""
    alike = sum((row.format == other.format) + (row.cate == other.cate) for other in chosen)
    unusual = not chosen and row.format != "json"
    return alike + unusual + (len(row.instruction) + len(row.input) + len(row.output)) / 200


def _answered(out: Path) -> Iterator[tuple[InstructionRow, int]]:
    """Rows of the training split that have an answer, and of how many parts it is."""
    from kg2instruct.render.asked import read_schema
    from kg2instruct.render.formats import FORMATS
    from kg2instruct.render.parquet_rows import row_batches
    from kg2instruct.render.rows import wording_lang
    from kg2instruct.render.tasks import TASKS

    files = sorted((out / "data").glob("train-*.parquet"))
    rows = (row for path in files for batch in row_batches(path) for row in batch)
    for row in islice(rows, _LOOKED_THROUGH):
        task = TASKS[row.task]
        asked = read_schema(task, row.schema)
        answer = FORMATS[row.format].parse(row.output, task, asked, wording_lang(row)).answer
        if answer:
            yield row, len(answer)


def _show_row(row: InstructionRow, console: Console) -> None:
    console.print(
        f"\n[bold]{escape(row.id)}[/] [dim]{row.task} · {row.cate} · {row.format}[/]", highlight=False
    )
    for name in ("instruction", "input", "output"):
        text: str = getattr(row, name)
        if text:
            console.print(f"[cyan]{name}[/] {escape(shortened(text))}", highlight=False, soft_wrap=True)


def shortened(text: str) -> str:
    """A text for a glance: whole, or up to the end of a sentence, line or word."""
    if len(text) <= _LONGEST:
        return text
    cut = max(text.rfind(mark, _LONGEST // 2, _LONGEST) for mark in "。！？；\n. ") + 1 or _LONGEST
    return f"{text[:cut].rstrip()} … ({len(text) - cut} characters more)"
