"""What is asked for one item, and what becomes of the answers.

`converse(item, desk)` is a generator: it yields Requests, is sent Answers and returns an Outcome. It knows no
network and no journal, so live calls, batches, dry runs and tests all drive the same one.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from kg2instruct.chat import Answer, Model, Request, Talk, Tokens, make_request
from kg2instruct.chat.request import TOO_LONG
from kg2instruct.translate import sections
from kg2instruct.translate.checks import Attempt, failures
from kg2instruct.translate.comments import comment_spans
from kg2instruct.translate.glossary import Glossary
from kg2instruct.translate.items import Item, Part
from kg2instruct.translate.labels import Labels
from kg2instruct.translate.options import TranslateOptions
from kg2instruct.translate.project import mark_mentions
from kg2instruct.translate.prompts import Prompt, Words
from kg2instruct.translate.protect import CODE, Masked, mask, restore, without_marks
from kg2instruct.translate.splitting import Halves, halves

# Room for an answer: of the tokens sent in this share, and so many more.
_ROOM_SHARE, _ROOM_MORE, _ANSWER_ROOM, _REASONING_ROOM = 3, 300, 2000, 8000
# Tokens that an answer is likely to have for one of the text sent: Chinese and English take about as many.
_ANSWER_SHARE, _ANSWER_TOKENS, _THOUGHT_TOKENS = 1.1, 350, 600


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item: the texts of its parts, or the reason why there are none."""

    item: Item
    texts: Mapping[str, str] | None
    reasons: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    """Names of the checks that failed, one entry for each time."""
    calls: int = 0
    last: str = ""
    """The last answer, where it was not accepted."""


@dataclass(frozen=True)
class Desk:
    """All that a conversation needs, the same for every item."""

    options: TranslateOptions
    prompt: Prompt
    words: Words
    model: Model
    tokens: Tokens
    glossary: Glossary
    labels: Labels


def converse(item: Item, desk: Desk) -> Talk[Outcome]:
    """Ask for an item until an answer passes, at most `attempts` times; what has no words is not asked for."""
    answering = desk.options.mode == "answer"
    if answering and item.task in ("chat", "ie"):
        return Outcome(item, None, (f"mode answer is for single questions, not for {item.task}",))
    masked = _masked(item, desk)
    sent = {name: text for name, text in masked.items() if not text.is_empty}
    texts = {part.name: part.text for part in item.parts if part.name in masked}
    if not sent and not answering:
        return Outcome(item, texts)
    state = _State(item, desk, masked)
    done = yield from state.ask(sent)
    if done is None:
        return Outcome(item, None, tuple(state.reasons), tuple(state.failed), state.calls, state.last)
    return Outcome(item, texts | done, (), tuple(state.failed), state.calls)


class _State:
    """Counts over the calls of one item."""

    def __init__(self, item: Item, desk: Desk, masked: Mapping[str, Masked]) -> None:
        self.item, self.desk, self.masked = item, desk, masked
        self.reasons: list[str] = []
        self.failed: list[str] = []
        self.calls = 0
        self.last = ""

    def ask(self, sent: Mapping[str, Masked]) -> Generator[Request, Answer, dict[str, str] | None]:
        """Texts for the parts sent, or None with `reasons` told; what is too long is asked for in halves."""
        reasons: list[str] = []
        for attempt in range(self.desk.options.attempts):
            answer = yield self._request(sent, attempt, reasons)
            self.calls += 1
            cut = answer.finish in (TOO_LONG, "length")
            if cut and (answer.finish == TOO_LONG or attempt > 0) and (split := self._halves(sent)):
                self.failed.append("in one call")
                return (yield from self._ask_halves(sent, split))
            texts, problems = self._read(sent, answer)
            if not problems:
                return texts
            self.last = answer.text
            self.failed += [name for name, _ in problems]
            reasons = [reason for _, reason in problems]
            if answer.finish == TOO_LONG:
                break
        self.reasons = reasons
        return None

    def _halves(self, sent: Mapping[str, Masked]) -> Halves | None:
        return halves(sent) if self.desk.options.mode == "translate" and self.item.task != "ie" else None

    def _ask_halves(
        self, sent: Mapping[str, Masked], split: Halves
    ) -> Generator[Request, Answer, dict[str, str] | None]:
        first = yield from self.ask(split.first)
        second = (yield from self.ask(split.second)) if first is not None else None
        if first is None or second is None:
            return None
        joint = split.joint if "\n" in split.joint or self.desk.options.to == "en" else ""
        return {name: joint.join(half[name] for half in (first, second) if name in half) for name in sent}

    def _request(self, sent: Mapping[str, Masked], attempt: int, reasons: list[str]) -> Request:
        desk, options = self.desk, self.desk.options
        parts = [Part(name, text.text.strip()) for name, text in sent.items()]
        system = desk.prompt.message(desk.words, self._notes(sent), reasons)
        messages = [{"role": "system", "content": system}, {"role": "user", "content": sections.write(parts)}]
        size = desk.tokens.count(messages[1]["content"])
        room = _ROOM_SHARE * size * (attempt + 1) + _ROOM_MORE
        room += _ANSWER_ROOM * (attempt + 1) if options.mode == "answer" else 0
        room += _REASONING_ROOM * (attempt + 1) if desk.model.reasons else 0
        expected = round(size * _ANSWER_SHARE)
        expected += _ANSWER_TOKENS if options.mode == "answer" else 0
        expected += _THOUGHT_TOKENS if desk.model.reasons else 0
        return make_request(
            messages,
            desk.model,
            desk.tokens,
            room=room,
            expected=expected,
            temperature=options.temperature,
            attempt=attempt,
        )

    def _notes(self, sent: Mapping[str, Masked]) -> list[tuple[str, dict[str, str]]]:
        options, task = self.desk.options, self.item.task
        notes: list[tuple[str, dict[str, str]]] = [(task, {})]
        kept = [(m.first + i, k.text) for m in sent.values() for i, k in enumerate(m.kept)]
        if options.mode == "answer" and kept:
            notes.append(("legend", {"legend": "\n".join(f"⟦{n}⟧: {text}" for n, text in kept)}))
        if options.code_comments and any(k.kind in CODE for m in sent.values() for k in m.kept):
            notes.append(("comments", {}))
        if terms := self.desk.glossary.terms_in("\n".join(without_marks(m.text) for m in sent.values())):
            notes.append(
                ("glossary", {"terms": "\n".join(f"{term.text} = {term.translation}" for term in terms)})
            )
        return notes

    def _read(
        self, sent: Mapping[str, Masked], answer: Answer
    ) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """The texts of an answer, and which checks it fails, with reasons."""
        answering = self.desk.options.mode == "answer"
        names = [*sent, "output"] if answering else list(sent)
        texts, wrong = sections.read(answer.text, names)
        attempt = Attempt(
            self.item,
            self.desk.options,
            sent,
            texts,
            answer.finish,
            tuple(wrong),
            self.desk.glossary,
            answer.text,
        )
        if problems := failures(attempt):
            return {}, problems
        everything = {m.first + i: k for m in sent.values() for i, k in enumerate(m.kept)}
        if self.item.task == "ie":
            return texts, []  # the brackets are read, and the marks put back, by the projection
        done = {name: _framed(restore(texts[name], m.kept, m.first), m) for name, m in sent.items()}
        if answering:
            done["output"] = restore(texts["output"], [everything[n] for n in sorted(everything)])
        return done, []


def _framed(text: str, masked: Masked) -> str:
    """The text with the white space that stood around the source's."""
    source = masked.text
    lead, trail = source[: len(source) - len(source.lstrip())], source[len(source.rstrip()) :]
    return f"{lead}{text}{trail}"


def _masked(item: Item, desk: Desk) -> dict[str, Masked]:
    """The parts that are sent, with marks numbered through."""
    visible = comment_spans if desk.options.code_comments else None
    masked: dict[str, Masked] = {}
    first = 1
    for part in item.parts:
        if desk.options.mode == "answer" and part.name not in ("instruction", "input"):
            continue
        if item.task == "ie" and item.example is not None:
            masked[part.name] = mark_mentions(item.example).masked
            continue
        text = mask(part.text, first, code=item.task != "cot", visible=visible)
        first += len(text.kept)
        masked[part.name] = text
    return masked
