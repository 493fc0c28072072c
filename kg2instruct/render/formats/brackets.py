"""One item a line between brackets: (head, relation, tail); the same with [ ], { } and < >.

    ner  (周星驰, 人物)
    re   (喜剧之王, 主演, 周星驰)
    ee   (裁员, 裁掉, 裁员方=猛龙, 时间=5月份)

Fields come in the order of the task, pairs after them as role=argument. A value that holds a bracket of the
format, a comma, an equals sign (full-width forms too) or a quote is a JSON string, see `quoting`. Nothing
found: 无, None. Lossless.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import NOTHING, Format, Parsed, says_nothing
from kg2instruct.render.formats.jsontext import unfenced
from kg2instruct.render.formats.loose import loose_item
from kg2instruct.render.formats.quoting import quoter, tokens
from kg2instruct.render.tasks import Answer, Item, Task

_WIDE = str.maketrans("，＝：；（）［］｛｝＜＞《》【】", ",=:;()[]{}<><>[]")


@dataclass(frozen=True, slots=True)
class Brackets(Format):
    """Items between an opening and a closing bracket."""

    name: str
    opening: str
    closing: str
    lossless: bool = True
    _quote: Callable[[str], str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_quote", quoter(f"{self.opening}{self.closing},=，＝（）"))

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del task, asked, text
        if not answer:
            return NOTHING[lang]
        quote = self._quote
        lines = []
        for item in answer:
            parts = [quote(x) for x in item.fields]
            if item.pairs:
                parts += [f"{quote(name)}={quote(value)}" for name, value in item.pairs]
            lines.append(f"{self.opening}{', '.join(parts)}{self.closing}")
        return "\n".join(lines)

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        if output == NOTHING[lang] or (not strict and says_nothing(output)):
            return Parsed(())
        items: list[Item] = []
        problems: list[str] = []
        for line in self._lines(output) if not strict else output.split("\n"):
            try:
                items.append(self._item(line, task))
            except ValueError as error:
                item = None if strict else self._loose(line, task, asked)
                if item:
                    items.append(item)
                else:
                    problems.append(str(error))
        return Parsed(tuple(items), tuple(problems or () if items else problems or ["nothing readable"]))

    def _item(self, line: str, task: Task) -> Item:
        found = list(tokens(line, f"{self.opening}{self.closing},="))
        if len(found) < 2 or found[0][0] != self.opening or found[-1][0] != self.closing:
            raise ValueError(f"not between {self.opening} and {self.closing}: {line[:60]!r}")
        return read_values(found[1:-1], task, line)

    def _loose(self, line: str, task: Task, asked: Sequence[Asked]) -> Item | None:
        return loose_item(line.strip().strip(self.opening + self.closing), task, asked)

    def _lines(self, output: str) -> Iterator[str]:
        """The bracketed pieces of a model's answer; full-width punctuation made plain."""
        body = unfenced(output)
        if self.opening not in body:
            body = body.translate(_WIDE)
        one, other = re.escape(self.opening), re.escape(self.closing)
        # Possessive, as a model that does not stop would else be read in quadratic time.
        for match in re.finditer(
            rf'{one}(?:"(?:[^"\\\n]|\\.)*+"|[^{one}{other}\n"]|")*+(?:{other}|(?=\n)|\Z)', body
        ):
            yield match[0]


def read_values(found: list[tuple[str, str]], task: Task, line: str) -> Item:
    """An item from values, commas and equals signs.

    Raises ValueError when there are not as many fields as the task has.
    """
    groups: list[list[tuple[str, str]]] = [[]]
    for token in found:
        if token[0] == ",":
            groups.append([])
        else:
            groups[-1].append(token)
    count = len(task.fields)
    fields, pairs = groups[:count], groups[count:]
    if len(fields) < count or any(len(x) != 1 or x[0][0] for x in fields) or (pairs and not task.pair):
        raise ValueError(f"not {count} values: {line[:60]!r}")
    if any(len(x) != 3 or [y[0] for y in x] != ["", "=", ""] for x in pairs):
        raise ValueError(f"not of the form {'='.join(task.pair or ())}: {line[:60]!r}")
    return Item(tuple([x[0][1] for x in fields]), tuple([(x[0][1], x[2][1]) for x in pairs]))
