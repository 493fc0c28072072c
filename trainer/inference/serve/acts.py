"""What happens when the page's components are used."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg2instruct.errors import Kg2InstructError, MissingExtra
from kg2instruct.records import Lang
from kg2instruct.render.asked import Asked
from kg2instruct.render.catalogue import sample_example
from kg2instruct.render.words import task_words
from trainer.inference.answerers import Answerer
from trainer.inference.decoding import Decoding
from trainer.inference.serve import builder
from trainer.inference.serve.builder import Schemas, Wish
from trainer.inference.serve.found import read
from trainer.inference.serve.view import WORDS, view

# What is chosen at first, where it serves the task: what most texts have something of.
_FIRST_SCHEMAS = {"zh": ("person", "duee1"), "en": ("person", "ace2005")}
_FIRST_LABELS = 4  # so many are chosen at first


def gradio() -> Any:
    """Gradio, told to stay off the network; raises MissingExtra."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    warnings.filterwarnings("ignore", module=r"gradio\b")  # of its own use of other libraries
    try:
        import gradio
    except ImportError as error:
        raise MissingExtra("gradio", "serve") from error
    return gradio


@dataclass(frozen=True, slots=True)
class Start:
    """What the components show when a task begins."""

    schemas: list[tuple[str, str]]
    schema: str
    labels: list[str]
    chosen: list[str]
    instruction: str
    made: list[Any]
    """What the instruction was made from."""


@dataclass(frozen=True, slots=True)
class Acts:
    """The page's actions, over some answerers and schemas."""

    answerers: Mapping[str, Answerer]
    schemas: Schemas

    @staticmethod
    def tasks(lang: Lang) -> list[tuple[str, str]]:
        """The tasks as shown, and their names."""
        return [(f"{task_words()[name][lang]['name']} ({name})", name) for name in builder.BUILT]

    def begin(
        self,
        task: str,
        lang: Lang,
        schema: str = "",
        output_format: str = "json",
        definitions: bool = False,
        wording: int = 0,
    ) -> Start:
        """What there is to choose from, with the first labels chosen."""
        names = self.schemas.names(task, lang)
        ids = list(names.values())
        if schema not in ids:
            first: tuple[str, ...] = () if task == "ner" else _FIRST_SCHEMAS[lang]
            schema = next((x for x in first if x in ids), ids[0])
        labels = list(self.schemas.labels(schema, task, lang))
        chosen = self.schemas.usual(labels, lang) if task == "ner" else []
        chosen = chosen or labels[: 1 if task in ("kg", "ee") else _FIRST_LABELS]
        asked = builder.choose(self.schemas, schema, task, lang, chosen)
        return Start(
            schemas=list(names.items()),
            schema=schema,
            labels=labels,
            chosen=chosen,
            instruction=builder.instruction(Wish(task, lang, output_format, asked, wording, definitions)),
            made=[task, schema, lang, chosen, output_format, definitions, wording],
        )

    def chosen(
        self,
        task: str,
        schema: str,
        lang: Lang,
        _: list[str],
        output_format: str,
        definitions: bool,
        wording: int,
        text: str,
    ) -> tuple[Any, ...]:
        """After another task, language or schema: other labels, another instruction."""
        gr = gradio()
        start = self.begin(task, lang, schema, output_format, definitions, wording)
        samples = [sample_example(x).text for x in ("zh", "en")]
        return (
            gr.update(choices=self.tasks(lang)),
            gr.update(choices=start.schemas, value=start.schema),
            gr.update(choices=start.labels, value=start.chosen),
            start.instruction,
            sample_example(lang).text if text in samples else text,
            start.made,
        )

    def greeted(
        self,
        task: str,
        schema: str,
        lang: Lang,
        labels: list[str],
        output_format: str,
        definitions: bool,
        wording: int,
        text: str,
    ) -> tuple[Any, ...]:
        """The page in the browser's language, where it is not in it."""
        if lang == "zh":
            return (gradio().skip(),) * 6
        return self.chosen(task, schema, lang, labels, output_format, definitions, wording, text)

    def worded(
        self,
        task: str,
        schema: str,
        lang: Lang,
        labels: list[str],
        output_format: str,
        definitions: bool,
        wording: int,
        made: list[Any],
    ) -> tuple[Any, Any]:
        """The instruction for what is chosen.

        It is left as it is, edits and all, where it was made for just that, and while the choices of another task
        are still on their way.
        """
        now = [task, schema, lang, labels, output_format, definitions, wording]
        if now == made or schema not in self.schemas.names(task, lang).values():
            return (gradio().skip(),) * 2
        wish = Wish(task, lang, output_format, self._asked(schema, task, lang, labels), wording, definitions)
        return builder.instruction(wish), now

    def _asked(self, schema: str, task: str, lang: Lang, labels: Sequence[str]) -> tuple[Asked, ...]:
        try:
            return builder.choose(self.schemas, schema, task, lang, labels)
        except Kg2InstructError as error:
            raise gradio().Error(str(error)) from error

    def run(
        self,
        task: str,
        schema: str,
        lang: Lang,
        labels: list[str],
        output_format: str,
        instruction: str,
        text: str,
        model: str,
        compare: str,
        system: str,
        temperature: float,
        top_p: float,
        penalty: float,
        most: float,
        seed: float,
    ) -> Iterator[tuple[Any, ...]]:
        """Answers as they are written, then what they say; the second model after the first."""
        gr = gradio()
        prompt = "\n\n".join(x for x in (instruction.strip(), text.strip()) if x)
        if not prompt:
            raise gr.Error(WORDS[lang]["prompt"])
        asked = self._asked(schema, task, lang, labels)
        turns = [{"role": "system", "content": system}] if system.strip() else []
        turns.append({"role": "user", "content": prompt})
        names = [model, *([compare] if compare in self.answerers else [])]
        shown = ["", "", "", ""]
        try:
            decoding = Decoding(
                temperature=temperature,
                top_p=top_p,
                repetition_penalty=penalty,
                max_new_tokens=int(most),
                seed=int(seed),
            )
            for side, name in enumerate(names):
                yield self._shown(gr, names, shown)
                for piece in self.answerers[name](turns, decoding):
                    shown[2 * side] += piece
                    yield self._shown(gr, names, shown)
                found = read(shown[2 * side], text, task, output_format, asked, lang)
                shown[2 * side + 1] = view(found, text, lang)
            yield self._shown(gr, names, shown)
        except Kg2InstructError as error:
            raise gr.Error(str(error)) from error

    @staticmethod
    def _shown(gr: Any, names: Sequence[str], shown: Sequence[str]) -> tuple[Any, ...]:
        second = names[1] if len(names) > 1 else ""
        return (
            gr.update(value=shown[0], label=names[0]),
            shown[1],
            gr.update(value=shown[2], label=second),
            shown[3],
            gr.update(visible=bool(second)),
        )
