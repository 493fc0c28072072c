"""An answer as HTML: the text with its marks, the table, the graph, and what is wrong."""

from __future__ import annotations

from html import escape

from trainer.inference.serve.drawing import Hues, graph, highlighted, table
from trainer.inference.serve.found import Found

WORDS = {
    "zh": {
        "none": "没有抽取到内容",
        "missing": "文中没有：",
        "wrong": "未能读懂：",
        "prompt": "请先写指令或文本",
    },
    "en": {
        "none": "nothing was found",
        "missing": "not in the text: ",
        "wrong": "not understood: ",
        "prompt": "write an instruction or a text first",
    },
}


def view(found: Found, text: str, lang: str) -> str:
    """All that is shown of an answer below its words."""
    said = WORDS[lang]
    hues = Hues([label for _, label in found.nodes])
    parts = [highlighted(text, found.marks, hues) if text.strip() else ""]
    if legend := hues.legend():
        parts.append(f'<div class="kg-legend">{legend}</div>')
    if found.rows:
        parts += [f'<div class="kg-scroll">{x}</div>' for x in (table(found), graph(found, hues)) if x]
    elif not found.problems:
        parts.append(_note(said["none"]))
    if found.missing:
        parts.append(_note(said["missing"] + "、".join(found.missing), "kg-wrong"))
    parts += [_note(said["wrong"] + problem, "kg-wrong") for problem in found.problems[:5]]
    return f'<div class="kg-result">{"".join(parts)}</div>'


def _note(text: str, kind: str = "") -> str:
    return f'<p class="kg-note {kind}">{escape(text)}</p>'
