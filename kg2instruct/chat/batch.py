"""Conversations through the Batch API: half the price, answers within a day.

A round has four steps, and the journal knows after each how far it is, so a run may end between any two:

    prepared    the requests that the journal has no answer to lie in a file, FOLDER/<part>.jsonl
    submitting  the file may have been sent: before it is sent again, the service is asked for its batches
    submitted   the service works on it
    collected   its answers are in the journal

Answers that are not accepted are asked for again in the next round, as a live run would.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import openai

from kg2instruct.chat.client import Usage
from kg2instruct.chat.journal import Answer, BatchState, Journal
from kg2instruct.chat.models import BATCH_SHARE, Model
from kg2instruct.chat.options import CallOptions
from kg2instruct.chat.request import TOO_LONG, Request
from kg2instruct.chat.responses import is_too_long, read_answer
from kg2instruct.chat.talks import CALL_FAILED, COST_REACHED, WAITING, Done, NotDone, Talk, replay
from kg2instruct.chat.wire import credentials
from kg2instruct.errors import Kg2InstructError
from kg2instruct.jsonl import atomic_writer, encode

_PATH: Literal["/v1/chat/completions"] = "/v1/chat/completions"
_LABEL = "kg2instruct"  # under which a batch carries the name of its part
_MOST_REQUESTS, _MOST_BYTES = 50_000, 100_000_000
_TRIES = 3  # of a request that the service answers with an error, and of sending a part
_OPEN = ("prepared", "submitting", "submitted")
_ENDED = ("completed", "expired", "cancelled")

K = TypeVar("K")
T = TypeVar("T")
Tell = Callable[[str], None]


class BatchError(Kg2InstructError):
    """A batch that the service does not do; the message says what it says."""


class BatchRun(Generic[K, T]):
    """All rounds of the conversations that `talks` makes anew for each of them."""

    def __init__(
        self,
        talks: Callable[[], Iterable[tuple[K, Talk[T]]]],
        journal: Journal,
        folder: Path,
        *,
        model: Model,
        options: CallOptions,
    ) -> None:
        self._talks, self._journal, self._folder, self._model = talks, journal, folder, model
        self._client = openai.OpenAI(**credentials(options), max_retries=4)
        self._max_cost = options.max_cost
        self._failed: Counter[str] = Counter()
        self.usage = Usage()

    def run(self, *, wait: bool = True, poll: float = 30.0, tell: Tell = lambda _: None) -> bool:
        """Go on until every answer that can be had is in the journal; false if some are still awaited.

        Without `wait`, what is ready is collected, what can be is sent, and the rest is left to the next run.
        `poll` is in seconds.
        """
        while True:
            try:
                waiting = self._advance(tell)
            except (openai.APIError, ValueError) as error:
                said = " ".join(str(error).split())[:300]
                raise BatchError(f"the endpoint: {said}; the same command goes on from here") from error
            if waiting and not wait:
                return False
            if waiting:
                time.sleep(poll)
            elif not self._prepare(tell):
                return True

    def _advance(self, tell: Tell) -> int:
        """Take each open part as far as it goes now; return how many are still open."""
        waiting = 0
        for state in [s for s in self._journal.batches() if s.status in _OPEN]:
            if state.status in ("prepared", "submitting"):
                state = self._submit(state)
                tell(f"part {state.part}: {state.requests} requests sent as {state.batch}")
            batch = self._client.batches.retrieve(state.batch)
            if batch.status in _ENDED:
                tell(f"part {state.part}: {self._collect(state, batch)} answers")
            elif batch.status == "failed":
                problems = batch.errors.data if batch.errors and batch.errors.data else []
                said = "; ".join(str(problem.message) for problem in problems) or "no reason given"
                self._journal.set_batch(replace(state, status="failed", error=said))
                raise BatchError(f"batch {state.batch}: {said}; the same command sends its requests again")
            else:
                waiting += 1
        return waiting

    # Prepare

    def _prepare(self, tell: Tell) -> int:
        """Write the requests that are needed next, in parts; return how many there are."""
        count = 0
        for lines in _parts(self._needed()):
            content = b"".join(line for line, _ in lines)
            name = self._new_name(hashlib.sha256(content).hexdigest()[:20])
            with atomic_writer(self._folder / f"{name}.jsonl") as out:
                out.write(content)
            cost = sum(self._cost(request) for _, request in lines)
            self._journal.set_batch(BatchState(name, "prepared", requests=len(lines), cost=cost))
            tell(f"part {name}: {len(lines)} requests")
            count += len(lines)
        return count

    def _needed(self) -> Iterator[Request]:
        planned = self._journal.cost
        seen: set[str] = set()
        for _, talk in self._talks():
            request = replay(talk, self._journal)
            if isinstance(request, Done) or request.key in seen or self._failed[request.key] >= _TRIES:
                continue
            planned += self._cost(request)
            if self._max_cost is not None and planned > self._max_cost:
                return
            seen.add(request.key)
            yield request

    def _cost(self, request: Request) -> float:
        return self._model.cost(request.tokens, request.room, BATCH_SHARE)

    def _new_name(self, digest: str) -> str:
        """A part's name; the same requests may have to be sent again, when a batch expired."""
        taken = {state.part for state in self._journal.batches() if state.status not in _OPEN}
        number = 1
        while f"{digest}-{number}" in taken:
            number += 1
        return f"{digest}-{number}"

    # Submit

    def _submit(self, state: BatchState) -> BatchState:
        self._journal.set_batch(replace(state, status="submitting"))
        batch_id = self._sent_before(state.part) if state.status == "submitting" else None
        for number in range(_TRIES):
            if batch_id is not None:
                break
            try:
                batch_id = self._send(state)
            except (openai.APIError, ValueError) as error:
                if isinstance(error, openai.APIStatusError) and error.status_code < 500:
                    raise
                batch_id = self._sent_before(state.part)  # the service may have taken it all the same
                if batch_id is None and number == _TRIES - 1:
                    raise
        done = replace(state, status="submitted", batch=batch_id or "")
        self._journal.set_batch(done)
        return done

    def _send(self, state: BatchState) -> str:
        path = self._folder / f"{state.part}.jsonl"
        try:
            content = path.read_bytes()
        except OSError as error:
            self._journal.set_batch(replace(state, status="failed", error="the file is gone"))
            raise BatchError(f"{path}: {error.strerror}; the same command makes it again") from error
        file = self._client.files.create(file=(path.name, content), purpose="batch")
        client = self._client.with_options(max_retries=0)  # a second try might make a second batch
        batch = client.batches.create(
            input_file_id=file.id, endpoint=_PATH, completion_window="24h", metadata={_LABEL: state.part}
        )
        return batch.id

    def _sent_before(self, part: str) -> str | None:
        """The batch that the service has for a part already."""
        for batch in self._client.batches.list(limit=100):
            if (batch.metadata or {}).get(_LABEL) == part and batch.status not in ("failed", "cancelled"):
                return batch.id
        return None

    # Collect

    def _collect(self, state: BatchState, batch: Any) -> int:
        answers: dict[str, Answer] = {}
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id:
                for line in self._client.files.content(file_id).content.splitlines():
                    if line.strip():
                        self._take(line, answers)
        fresh = [(key, answer) for key, answer in answers.items() if self._journal.get(key) is None]
        self._journal.put(fresh)
        for _, answer in fresh:
            self.usage.count(answer)
        self._journal.set_batch(replace(state, status="collected"))
        return len(fresh)

    def _take(self, line: bytes, answers: dict[str, Answer]) -> None:
        """Read one line of a result file; errors of a request leave it to the next round."""
        try:
            result = json.loads(line)
            key, response = str(result["custom_id"]), result.get("response") or {}
            body, status = response.get("body") or {}, int(response.get("status_code") or 0)
            if status == 200:
                answers[key] = read_answer(encode(body), self._model, share=BATCH_SHARE, via="batch")
                return
            problem = body.get("error") or result.get("error") or {}
            code, message = str(problem.get("code") or ""), str(problem.get("message") or "")
            if is_too_long(status, code, message):
                answers[key] = Answer("", TOO_LONG, model=self._model.name, via="batch")
                return
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.usage.fail(f"a result that is not as it should be ({type(error).__name__})")
            return
        self._failed[key] += 1
        self.usage.fail(f"{status or code or 'error'} in a batch")

    # Finish

    def outcomes(self) -> Iterator[tuple[K, Done[T] | NotDone]]:
        """Each key with what became of it by the journal."""
        waiting = any(state.status in _OPEN for state in self._journal.batches())
        for key, talk in self._talks():
            state = replay(talk, self._journal)
            if isinstance(state, Done):
                yield key, state
            elif self._failed[state.key] >= _TRIES:
                yield key, NotDone(CALL_FAILED)
            else:
                yield key, NotDone(WAITING if waiting else COST_REACHED)


def _parts(requests: Iterable[Request]) -> Iterator[list[tuple[bytes, Request]]]:
    """Lines of batch files, each with its request, as many as a batch may hold."""
    lines: list[tuple[bytes, Request]] = []
    size = 0
    for request in requests:
        line = encode({"custom_id": request.key, "method": "POST", "url": _PATH, "body": request.body})
        if lines and (len(lines) >= _MOST_REQUESTS or size + len(line) > _MOST_BYTES):
            yield lines
            lines, size = [], 0
        lines.append((line, request))
        size += len(line)
    if lines:
        yield lines
