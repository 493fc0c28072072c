"""XML-like tags: an element for each item, labels as attributes, text as content.

    <results>
    <entity type="人物">周星驰</entity>
    <relation relation="主演"><head>喜剧之王</head><tail>周星驰</tail></relation>
    <event event_type="裁员"><trigger>裁掉</trigger><argument role="裁员方">猛龙</argument></event>
    <entity type="人物"><name>刘太行</name><value attribute="籍贯">开州区</value></entity>
    </results>

Escapes are &amp; &lt; &gt; &quot; and, for white space at an edge and control characters, &#N; (also for
those that XML itself forbids). Nothing found: <results/>. Lossless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg2instruct.render.asked import Asked
from kg2instruct.render.formats.base import Format, Parsed
from kg2instruct.render.formats.nothing import says_nothing
from kg2instruct.render.tasks import Answer, Item, Task

EMPTY = "<results/>"
_UNSAFE = re.compile(r'[&<>"\x00-\x1f\x7f-\x9f\u2028\u2029]|^\s|\s$')
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));")
_VALUE = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@dataclass(frozen=True, slots=True)
class Xml(Format):
    """Elements within <results>."""

    name: str = "xml"
    lossless: bool = True

    def render(self, answer: Answer, task: Task, asked: Sequence[Asked], lang: str, text: str) -> str:
        """See `Format.render`."""
        del asked, lang, text
        if not answer:
            return EMPTY
        lines = ["<results>"]
        for item in answer:
            values = [_escape(x) for x in item.fields]
            labels = "".join([f' {task.fields[i]}="{values[i]}"' for i in task.labels])
            if len(task.spans) == 1 and not task.pair:
                content = values[task.spans[0]]
            else:
                content = "".join([f"<{_tag(task, i)}>{values[i]}</{_tag(task, i)}>" for i in task.spans])
                if task.pair:
                    one, other = task.pair
                    content += "".join(
                        [f'<{other} {one}="{_escape(x)}">{_escape(y)}</{other}>' for x, y in item.pairs]
                    )
            lines.append(f"<{task.item}{labels}>{content}</{task.item}>")
        return "\n".join([*lines, "</results>"])

    def read(self, output: str, task: Task, asked: Sequence[Asked], lang: str, *, strict: bool) -> Parsed:
        """See `Format.read`."""
        del asked, lang
        if output == EMPTY or (not strict and (says_nothing(output) or EMPTY in output)):
            return Parsed(())
        problems: list[str] = []
        if strict and not (output.startswith("<results>\n") and output.endswith("\n</results>")):
            return Parsed((), ("not enclosed in <results>",))
        body = output[10:-11] if strict else output
        items = list(self._items(body, task, problems, strict))
        if not items and not problems and "<results>" not in output:
            problems.append("no tags in the answer")
        return Parsed(tuple(items), tuple(problems))

    def _items(self, body: str, task: Task, problems: list[str], strict: bool) -> Iterator[Item]:
        element = re.compile(
            rf"<{task.item}((?:\s+\w+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*>(.*?)</{task.item}\s*>", re.DOTALL
        )
        position = 0
        for match in element.finditer(body):
            between = body[position : match.start()]
            position = match.end()
            if strict and between != ("\n" if match.start() else ""):
                problems.append(f"text between elements: {between[:60]!r}")
            item = _item(match[1], match[2], task)
            if item is None:
                problems.append(f"not an element with {', '.join(task.fields)}: {match[0][:60]!r}")
            else:
                yield item
        rest = body[position:]
        if (strict and rest) or (not strict and f"<{task.item}" in rest):
            problems.append(f"not a whole element: {rest[:60]!r}")


def _item(labels: str, content: str, task: Task) -> Item | None:
    found = {
        name: _unescape(one or other)
        for name, one, other in re.findall(r"(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", labels)
    }
    pairs = []
    if len(task.spans) == 1 and not task.pair:
        if "<" in content:
            return None
        found[task.fields[task.spans[0]]] = _unescape(content)
    else:
        for i in task.spans:
            tag = _tag(task, i)
            match = re.search(rf"<{tag}\s*>([^<]*)</{tag}\s*>", content)
            if match:
                found[task.fields[i]] = _unescape(match[1])
        if task.pair:
            one, other = task.pair
            for role, role_, value in re.findall(
                rf"<{other}\s+{one}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')\s*>([^<]*)</{other}\s*>", content
            ):
                pairs.append((_unescape(role or role_), _unescape(value)))
    if any(x not in found for x in task.fields):
        return None
    return Item(tuple([found[x] for x in task.fields]), tuple(pairs))


def _tag(task: Task, position: int) -> str:
    """The element of a span; not the item's own name again."""
    name = task.fields[position]
    return "name" if name == task.item else name


def _escape(value: str) -> str:
    if not _UNSAFE.search(value):
        return value
    return _UNSAFE.sub(lambda x: _NAMED.get(x[0]) or f"&#{ord(x[0])};", value)


def _unescape(value: str) -> str:
    return _REFERENCE.sub(_character, value.strip()) if "&" in value else value.strip()


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return _VALUE[match[1]]
    number = int(match[2]) if match[2] else int(match[3], 16)
    return chr(number) if number < 0x110000 else match[0]
