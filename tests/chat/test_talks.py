"""Conversations without a network: keys, replays, plans, batches on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kg2instruct.chat import Answer, Done, Journal, Model, Request, Talk, Tokens, make_request
from kg2instruct.chat.local import run_talks_in_batches
from kg2instruct.chat.plan import plan
from kg2instruct.chat.talks import replay, single

MODEL = Model("m", input=1.0, output=2.0)


def request(text: str, attempt: int = 0, model: Model = MODEL) -> Request:
    messages = [{"role": "user", "content": text}]
    return make_request(messages, model, Tokens("m"), room=100, expected=10, attempt=attempt)


def counting(start: int, end: int) -> Talk[list[str]]:
    """A conversation of several calls, each about the answer before."""
    said = [str(start)]
    for number in range(start, end):
        answer = yield request(f"{said[-1]} after {number}")
        said.append(answer.text)
    return said


def test_equal_questions_have_one_key_unless_asked_again() -> None:
    assert request("a").key == request("a").key
    assert (
        len({request("a").key, request("b").key, request("a", 1).key, request("a", 0, Model("n")).key}) == 4
    )


def test_a_model_that_reasons_is_given_no_temperature() -> None:
    assert request("a").body["temperature"] == 0.0
    assert "temperature" not in request("a", model=Model("m", reasons=True)).body


def test_a_conversation_goes_on_from_what_the_journal_has(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        first = replay(counting(0, 2), journal)
        assert isinstance(first, Request)
        journal.put([(first.key, Answer("one", "stop"))])
        second = replay(counting(0, 2), journal)
        assert isinstance(second, Request)
        assert second.body["messages"][0]["content"] == "one after 1"
        journal.put([(second.key, Answer("two", "stop"))])
        assert replay(counting(0, 2), journal) == Done(["0", "one", "two"])


def test_a_plan_counts_the_next_calls_and_what_they_may_cost(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.put([(request("a").key, Answer("x", "stop", cost=0.5))])
        told = plan([single(request("a")), single(request("b"))], MODEL, Tokens("m"), journal)
    assert (told.items, told.done, told.calls, told.spent) == (2, 1, 1, 0.5)
    tokens = request("b").tokens
    assert told.cost == round((tokens + 2 * 10) / 1e6, 6)
    assert told.cost_at_most == round((tokens + 2 * 100) / 1e6, 6)


def test_batches_hold_at_most_their_size_and_results_come_in_order(tmp_path: Path) -> None:
    sizes: list[int] = []

    def answer(requests: Sequence[Request]) -> list[Answer]:
        sizes.append(len(requests))
        return [Answer(f"<{x.body['messages'][0]['content']}>", "stop") for x in requests]

    found: list[int] = []
    with Journal(tmp_path / "j") as journal:
        talks = ((n, counting(n, n + n % 3)) for n in range(20))
        asked = run_talks_in_batches(talks, lambda key, _: found.append(key), answer, journal=journal, size=4)
        assert found == list(range(20))
        assert asked == sum(sizes) == sum(n % 3 for n in range(20)) == journal.answers
    assert max(sizes) == 4


def test_equal_questions_are_answered_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(requests: Sequence[Request]) -> list[Answer]:
        asked.extend(x.key for x in requests)
        return [Answer("yes", "stop") for _ in requests]

    with Journal(tmp_path / "j") as journal:
        talks = ((n, single(request("same"))) for n in range(50))
        run_talks_in_batches(talks, lambda *_: None, answer, journal=journal, size=2)
    assert len(asked) == 1
