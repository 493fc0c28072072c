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
from functools import lru_cache

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import NOTHING, Format, Parsed, strangers
from kg2instruct.render.formats.jsontext import unfenced
from kg2instruct.render.formats.loose import loose_item
from kg2instruct.render.formats.nothing import says_nothing
from kg2instruct.render.formats.quoting import quoter, tokens
from kg2instruct.render.tasks import Answer, Item, Task

# The same brackets as models also write them; what can be part of a name is read so only where no other is.
_WIDE = {"(": ("（", "）"), "[": ("［【", "］】"), "{": ("｛", "｝"), "<": ("＜〈", "＞〉")}
_LAST = {"<": ("《", "》")}
_NUMBER = re.compile(r"^\s*(?:[-*•]|\d+[.)、])\s*")
_OTHER = re.compile(r"\s*+[(\[{<（［【｛＜]++([^()\[\]{}]*+)[)\]}>）］】｝＞]++[,，;；.。]?\s*")


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
        if not strict:
            return self._saved(output, task, asked)
        items: list[Item] = []
        problems: list[str] = []
        for line in output.split("\n"):
            try:
                items.append(self._item(line, task))
            except ValueError as error:
                problems.append(str(error))
        return Parsed(tuple(items), tuple(problems))

    def _item(self, line: str, task: Task) -> Item:
        found = list(tokens(line, f"{self.opening}{self.closing},="))
        if len(found) < 2 or found[0][0] != self.opening or found[-1][0] != self.closing:
            raise ValueError(f"not between {self.opening} and {self.closing}: {line[:60]!r}")
        return read_values(found[1:-1], task, line)

    def _saved(self, output: str, task: Task, asked: Sequence[Asked]) -> Parsed:
        """What can be read of a model's answer: bracketed pieces or, without any, lines with labels asked for."""
        body = unfenced(output)
        items: list[Item] = []
        problems: list[str] = []
        pieces = list(self._pieces(body))
        for piece, whole in pieces:
            item = self._saved_item(piece, task, asked) if whole else None
            if item:
                items.append(item)
            else:
                problems.append(f"{'no item' if whole else 'cut off'}: {piece[:60]!r}")
        if not pieces:
            lines = [_NUMBER.sub("", line) for line in body.split("\n")]
            within = [match[1] if (match := _OTHER.fullmatch(line)) else line for line in lines]
            found = [loose_item(line, task, asked) for line in within]
            items = [x for x in found if x and asked and not strangers((x,), task, asked)]
        if not items and not problems:
            problems.append("nothing readable")
        return Parsed(tuple(items), tuple(problems))

    def _saved_item(self, piece: str, task: Task, asked: Sequence[Asked]) -> Item | None:
        try:
            item: Item | None = self._item(piece, task)
        except ValueError:
            item = None
        if item and not strangers((item,), task, asked):
            return item
        return loose_item(piece[1:-1], task, asked) or item

    def _pieces(self, body: str) -> Iterator[tuple[str, bool]]:
        """What stands in brackets, and whether it is whole; full-width brackets too."""
        openings, closings = _WIDE[self.opening]
        if not re.search(f"[{re.escape(self.opening + openings)}]", body) and self.opening in _LAST:
            openings, closings = _LAST[self.opening]
        for match in _pattern(self.opening + openings, self.closing + closings).finditer(body):
            piece = match[0]
            whole = piece[-1] in self.closing + closings
            if whole or match.end() == len(body.rstrip()):
                yield piece, whole
            else:  # only the bracket is missing
                yield piece + self.closing, True


@lru_cache(maxsize=16)
def _pattern(openings: str, closings: str) -> re.Pattern[str]:
    """An opening bracket up to its closing one, the end of the line or of the text.

    Brackets within are part of a value where they hold no comma: (喜剧之王(1999年), 主演, 周星驰).
    Possessive, as a model that does not stop would else be read in quadratic time.
    """
    one, other = re.escape(openings), re.escape(closings)
    string = r'"(?:[^"\\\n]|\\.)*+"'
    return re.compile(
        rf'[{one}](?:{string}|[^{one}{other}\n"]|[{one}][^{one}{other},，\n"]*+[{other}]|")*+(?:[{other}]|(?=\n)|\Z)'
    )


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
