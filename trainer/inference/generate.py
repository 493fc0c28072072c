"""Answers by a model on this machine: rows in batches, conversations as they are written."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Event, Lock, Thread
from typing import Any

import xxhash

from kg2instruct.errors import ConfigError
from kg2instruct.records import InstructionRow
from trainer.inference.decoding import TOO_LONG, Decoding, Finish, Reply
from trainer.inference.model import LocalModel
from trainer.inference.predict import Question
from trainer.prompts import Conversation, conversation

# A prompt that leaves no room for so many tokens is too long.
LEAST_ROOM = 16

_log = logging.getLogger(__name__)


class LocalGenerator:
    """Answers rows with a model that is loaded; see `predict.Generator`."""

    def __init__(self, model: LocalModel, decoding: Decoding, *, adapter: str | None = None) -> None:
        self.model, self.decoding, self._adapter = model, decoding, adapter

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model by its files, and how it is asked."""
        model = self.model
        return {
            "model": [*model.files, self._adapter],
            "prompt": _digest([model.prompt([{"role": "user", "content": "?"}]), model.system]),
            "decoding": self.decoding,
            "type of numbers": f"{model.model.dtype}, {model.bits or 'full'}",
        }

    def lengths(self, rows: Sequence[InstructionRow]) -> list[int]:
        """Tokens of each row's prompt."""
        return [len(self._prompt(row)) for row in rows]

    def run(self, questions: Iterable[Question]) -> Iterator[tuple[Question, list[Reply]]]:
        """The questions in order, each with a reply a row."""
        for question in questions:
            yield question, self.answer(question.rows, question.seed)

    def answer(self, rows: Sequence[InstructionRow], seed: str = "") -> list[Reply]:
        """Replies to rows, generated together."""
        prompts = [self._prompt(row) for row in rows]
        with self.model.using(self._adapter):
            return generate(self.model, prompts, self.decoding, seed)

    def _prompt(self, row: InstructionRow) -> list[int]:
        return self.model.prompt(conversation(row, system=self.model.system))


def generate(
    model: LocalModel, prompts: Sequence[Sequence[int]], decoding: Decoding, seed: str = ""
) -> list[Reply]:
    """Replies to prompts, in one batch padded on the left; what does not fit into memory goes in halves."""
    import torch

    fit = [i for i, prompt in enumerate(prompts) if len(prompt) + LEAST_ROOM <= model.limit]
    replies = [Reply("", TOO_LONG)] * len(prompts)
    if not fit:
        return replies
    try:
        made = _generate(model, [prompts[i] for i in fit], decoding, seed)
    except torch.OutOfMemoryError:
        if len(fit) == 1:
            raise ConfigError(
                f"{model.name}: one prompt of {len(prompts[fit[0]])} tokens does not fit into the GPU's memory; "
                "try --bits 4, --device split, or fewer --max-new-tokens"
            ) from None
        torch.cuda.empty_cache()
        _log.warning("a batch of %d rows goes in halves: the GPU's memory is too small for it", len(fit))
        half = len(fit) // 2
        made = [
            reply
            for part in (fit[:half], fit[half:])
            for reply in generate(model, [prompts[i] for i in part], decoding, f"{seed}/{part[0]}")
        ]
    for i, reply in zip(fit, made, strict=True):
        replies[i] = reply
    return replies


def _generate(
    model: LocalModel, prompts: Sequence[Sequence[int]], decoding: Decoding, seed: str
) -> list[Reply]:
    import torch

    longest = max(map(len, prompts))
    pad = model.tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (longest - len(x)) + list(x) for x in prompts])
    mask = torch.tensor([[0] * (longest - len(x)) + [1] * len(x) for x in prompts])
    torch.manual_seed(_digest((decoding.seed, seed)) >> 1)
    with torch.inference_mode():
        output = model.model.generate(
            input_ids=ids.to(model.model.device),
            attention_mask=mask.to(model.model.device),
            generation_config=generation_config(model, decoding, longest),
        )
    return [_reply(model, tokens) for tokens in output[:, longest:].tolist()]


def generation_config(model: LocalModel, decoding: Decoding, prompt: int) -> Any:
    """The decoding as transformers takes it, with all that it would else choose by itself."""
    import transformers

    config: Any = transformers.GenerationConfig
    drawn = (
        {"temperature": decoding.temperature, "top_p": decoding.top_p, "top_k": decoding.top_k}
        if decoding.samples
        else {}
    )
    return config(
        do_sample=decoding.samples,
        num_beams=1,
        repetition_penalty=decoding.repetition_penalty,
        max_new_tokens=min(decoding.max_new_tokens, model.limit - prompt),
        eos_token_id=list(model.stops),
        pad_token_id=model.tokenizer.pad_token_id,
        use_cache=True,
        **drawn,
    )


def _reply(model: LocalModel, tokens: list[int]) -> Reply:
    end = next((i for i, token in enumerate(tokens) if token in model.stops), None)
    finish: Finish = "length" if end is None else "stop"
    return Reply(model.tokenizer.decode(tokens[:end], skip_special_tokens=True).strip(), finish)


def _digest(data: object) -> int:
    return xxhash.xxh3_64_intdigest(repr(data).encode())


def _told(error: BaseException, model: LocalModel, tokens: int) -> BaseException:
    """An error as users are told of it."""
    import torch

    if not isinstance(error, torch.OutOfMemoryError):
        return error
    return ConfigError(
        f"{model.name}: a conversation of {tokens} tokens does not fit into the GPU's memory; "
        "try --bits 4, --device split, or fewer --max-new-tokens"
    )


class LocalStream:
    """Answers conversations piece by piece; one at a time, since the model is one."""

    def __init__(self, model: LocalModel) -> None:
        self._model = model
        self._lock = Lock()

    def __call__(self, turns: Conversation, decoding: Decoding, adapter: str | None = None) -> Iterator[str]:
        """The pieces of an answer. Raises ConfigError where the conversation leaves the model no room."""
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

        model, left = self._model, Event()

        class Left(StoppingCriteria):  # type: ignore[misc, unused-ignore]
            """Nobody reads on."""

            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG002
                return torch.full((input_ids.shape[0],), left.is_set(), device=input_ids.device)

        prompt = model.prompt(turns)
        if len(prompt) + LEAST_ROOM > model.limit:
            raise ConfigError(f"the conversation has {len(prompt)} tokens; {model.name} takes {model.limit}")
        streamer: Any = TextIteratorStreamer(model.tokenizer, skip_prompt=True, skip_special_tokens=True)
        failed: list[BaseException] = []

        def work() -> None:
            try:
                with torch.inference_mode():
                    torch.manual_seed(decoding.seed)
                    ids = torch.tensor([prompt], device=model.model.device)
                    model.model.generate(
                        input_ids=ids,
                        attention_mask=torch.ones_like(ids),
                        generation_config=generation_config(model, decoding, len(prompt)),
                        streamer=streamer,
                        stopping_criteria=StoppingCriteriaList([Left()]),
                    )
            except BaseException as error:  # handed to who reads
                failed.append(error)
                streamer.end()

        with self._lock, model.using(adapter):
            thread = Thread(target=work, daemon=True)
            thread.start()
            try:
                yield from (piece for piece in streamer if piece)
            finally:
                left.set()
                thread.join()
            if failed:
                raise _told(failed[0], model, len(prompt)) from failed[0]
