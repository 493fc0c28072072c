"""Many questions to a chat model: concurrent, within limits and a cost, no answer paid twice.

    with Journal(Path("answers.journal")) as journal:
        usage = ask_all(((row.id, request) for …), handle, journal=journal, model=model, options=CallOptions())

`kg2instruct.chat.run` has `ask_all`, one call for each key, and `run_talks`, conversations of several calls. What
is given to `handle` comes in the order of the input. `batch` does the same through the Batch API, `plan` tells
what it would cost. This package loads without the client; `run`, `client` and `batch` bring it.
"""

from kg2instruct.chat.journal import Answer, Journal
from kg2instruct.chat.models import Model, Tokens, find_model
from kg2instruct.chat.options import CallOptions
from kg2instruct.chat.request import Request, make_request
from kg2instruct.chat.talks import Done, NotDone, Talk

__all__ = [
    "Answer",
    "CallOptions",
    "Done",
    "Journal",
    "Model",
    "NotDone",
    "Request",
    "Talk",
    "Tokens",
    "find_model",
    "make_request",
]
