"""What is translated: items of named parts, and the rows made of them.

{"question": "How many?", "answer": "2+1=<<2+1=3>>3\\n#### 3"}
-> Item(task="cot", parts=(Part("instruction", "How many?"), Part("output", "2+1=…")))
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Literal

from kg2instruct.records import Example, InstructionRow, Lang

Task = Literal["general", "code", "cot", "chat", "ie"]
Mode = Literal["translate", "answer"]

_TURN = re.compile(r"(user|assistant)(\d+)")


@dataclass(frozen=True, slots=True)
class Part:
    """A named text of an item, such as its instruction."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One row or record of the input; `place` says where it stands.

    `parts` are instruction, input, output; a chain of thought has rationale and answer in place of output; a
    conversation has system, user1, assistant1, user2, …; a record with annotations has text alone.
    """

    id: str
    task: Task
    source: str
    parts: tuple[Part, ...]
    cate: str | None = None
    example: Example | None = None
    place: str = ""


class TranslatedRow(InstructionRow, frozen=True, gc=False):
    """An instruction row with where it comes from: the source's id, the model, the prompt and its version."""

    source_id: str = ""
    model: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Words that join parts to one text in a language: see `prompts/layout.yaml`."""

    answer: str
    user: str
    assistant: str


def rows_of(
    item: Item, texts: Mapping[str, str], lang: Lang, layout: Layout, *, model: str, prompt: str
) -> list[TranslatedRow]:
    """The instruction rows of an item whose parts read `texts` in `lang`; of a conversation one for each turn."""
    turns = _chat_turns(texts, layout) if item.task == "chat" else [_turn(texts, layout)]
    return [
        TranslatedRow(
            id=f"{item.id}-{item.task}-{number}",
            task=item.task,
            lang=lang,
            source=item.source,
            cate=item.cate,
            instruction=instruction,
            input=given,
            output=output,
            schema="[]",
            template="",
            format="text",
            source_id=item.id,
            model=model,
            prompt=prompt,
        )
        for number, (instruction, given, output) in enumerate(turns)
    ]


def _turn(texts: Mapping[str, str], layout: Layout) -> tuple[str, str, str]:
    output = texts.get("output", "")
    if "answer" in texts:
        output = Template(layout.answer).substitute(
            rationale=texts.get("rationale", "").rstrip(), answer=texts["answer"].strip()
        )
    return texts.get("instruction", ""), texts.get("input", ""), output.strip("\n")


def _chat_turns(texts: Mapping[str, str], layout: Layout) -> list[tuple[str, str, str]]:
    """Each question with its answer; what was said before stands in the input."""
    turns: list[tuple[str, str, str]] = []
    before: list[str] = [texts["system"]] if texts.get("system") else []
    for name, text in texts.items():
        turn = _TURN.fullmatch(name)
        if turn is None:
            continue
        if turn[1] == "assistant":
            question = texts.get(f"user{turn[2]}", "")
            turns.append((question, "\n".join(before), text))
            before += [f"{layout.user}{question}", f"{layout.assistant}{text}"]
    return turns
