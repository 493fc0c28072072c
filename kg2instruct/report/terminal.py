"""Records for a terminal: names in colours with their types behind them, relations and answers below."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from kg2instruct.records import Example, InstructionRow
from kg2instruct.report.drawing import drawing, look

# In the order of `drawing.COLOURS`; terminals have eight that can be read on dark and on light.
_HUES = ("blue", "yellow", "green", "red", "magenta", "cyan", "bright_black", "bright_blue")
_LINES = ("bold", "bold underline", "bold italic")
# Characters that would move the cursor or set colours are shown as pictures of themselves.
_CONTROLS = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"},
    **dict.fromkeys(range(0x7F, 0xA0), 0xFFFD),
}


def record_lines(record: Example | InstructionRow) -> Iterator[Text]:
    """A record line by line; without colours the brackets still say what is what."""
    for line in _example(record) if isinstance(record, Example) else _row(record):
        line.plain = line.plain.translate(_CONTROLS)
        yield line
    yield Text()


def mention_lines(example: Example) -> Iterator[Text]:
    """The mentions of a record with their offsets, a line each."""
    for mention in example.entity:
        place = "" if mention.start is None else f"{mention.start}–{mention.end}"
        facts = "  ".join(filter(None, (mention.entity_type, mention.qid, mention.via)))
        yield Text.assemble((f"{place:>11}  ", "dim"), (mention.entity, "bold"), (f"  {facts}", "dim"))


def _example(example: Example) -> Iterator[Text]:
    title = example.page.title if example.page else example.source
    yield _head(title, (example.id, example.cate, example.page.section if example.page else ""))
    drawn = drawing(example)
    text, at = Text(), 0
    for mark in drawn.marks:
        hue, line = look(mark.type)
        text.append(example.text[at : mark.start])
        text.append(example.text[mark.start : mark.end], f"{_LINES[line]} {_HUES[hue]}")
        text.append(f"[{mark.type}]" if mark.type else "", "dim")
        at = mark.end
    yield text.append(example.text[at:])
    for t in example.relation:
        left_out = (
            "" if t.head_start is not None and t.tail_start is not None else "  (an end is not in the text)"
        )
        yield Text.assemble(
            "  ", t.head, (" — ", "dim"), (t.relation, "bold"), (" → ", "dim"), t.tail,
            (f"  {t.property or ''}{left_out}", "dim"),
        )  # fmt: skip
    for event in example.event:
        arguments = "; ".join(f"{a.role}: {a.argument}" for a in event.arguments)
        yield Text.assemble("  ", (event.event_type, "bold"), f" {event.event_trigger}  {arguments}")


def _row(row: InstructionRow) -> Iterator[Text]:
    yield _head(row.id, (row.task, row.cate, row.format, row.template))
    for name in ("instruction", "input", "output"):
        told: str = getattr(row, name)
        if told:
            yield Text.assemble((f"{name}: ", "cyan"), told)


def _head(title: str, facts: tuple[str | None, ...]) -> Text:
    return Text.assemble((title, "bold"), ("  " + " · ".join(filter(None, facts)), "dim"))
