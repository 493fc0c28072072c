"""A conversation as far as the journal has answers."""

from __future__ import annotations

from kg2instruct.translate.journal import Journal
from kg2instruct.translate.talk import Outcome, Request, Talk


def replay(talk: Talk, journal: Journal) -> Request | Outcome:
    """Go on with a conversation as far as the journal has answers: the next request, or the outcome."""
    try:
        request = next(talk)
        while (answer := journal.get(request.key)) is not None:
            request = talk.send(answer)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    return request
