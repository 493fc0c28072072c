"""What goes wrong between us and the Hub, told in one line, and what is worth trying again."""

from __future__ import annotations

import os
from dataclasses import dataclass

from huggingface_hub.errors import (
    BadRequestError,
    EntryNotFoundError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # public, but not in its __all__

from kg2instruct.errors import Kg2InstructError

LOGIN = "set HF_TOKEN to a token that may write, or run `hf auth login`"

# What the client raises beside answers of the server: its HTTP library's errors, and the system's.
_TRANSPORT = tuple(kind for kind in HfHubHTTPError.__bases__ if kind is not OSError)
CAUGHT: tuple[type[Exception], ...] = (*_TRANSPORT, OSError, ValueError, RuntimeError, KeyError)

_TRANSIENT = (408, 409, 412, 429, 500, 502, 503, 504)


class HubError(Kg2InstructError):
    """The Hub cannot be used as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where is pushed to, for messages."""

    endpoint: str
    repo: str
    user: str = ""
    token: str = ""


def root_of(error: BaseException) -> BaseException:
    """The answer of the server or the broken connection that the client wrapped in an error of its own."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (*_TRANSPORT, HfHubHTTPError)):
            return cause
        cause = cause.__cause__
    return error


def is_network(error: BaseException) -> bool:
    """Whether the connection failed, rather than the server answered or a local file could not be read."""
    if isinstance(error, HfHubHTTPError | OfflineModeIsEnabled):
        return False
    if isinstance(error, _TRANSPORT):
        return True
    return isinstance(error, OSError) and error.filename is None


def retry_after(error: BaseException) -> float | None:
    """Seconds to wait before trying again; None for what would fail again; -1 where nobody says how long."""
    if is_network(error):
        return -1.0
    if not isinstance(error, HfHubHTTPError) or _status(error) not in _TRANSIENT:
        return None
    value = error.response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        return -1.0


def check_name(repo: str) -> None:
    """Raise HubError for what no repository may be called."""
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise HubError(_misnamed(repo, error)) from error


def _misnamed(repo: str, error: BaseException) -> str:
    return f"{repo}: not a name for a repository, expected NAME or OWNER/NAME: {error}"


def explain(error: Exception, place: Place) -> HubError:
    """The error in one line, without the token."""
    line = " ".join(_explained(root_of(error), place).split())
    for secret in filter(None, (place.token, os.environ.get("HF_TOKEN", ""))):
        line = line.replace(secret, "***")
    return HubError(line)


def _explained(error: BaseException, place: Place) -> str:
    status = _status(error)
    if isinstance(error, KeyError):
        return f"{place.endpoint} does not answer as the Hub does: {error} is missing"
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set; unset it to push"
    if isinstance(error, HFValidationError):
        return _misnamed(place.repo, error)
    if is_network(error):
        return (
            f"the connection to {place.endpoint} failed ({type(error).__name__}: {error}); run the same command "
            "again, what is uploaded stays"
        )
    if status == 429:
        return f"{place.endpoint} limits requests{_wait(error)}; run the same command again later"
    if status == 401 and not isinstance(error, RepositoryNotFoundError):
        return f"not logged in to {place.endpoint}, or the token is not valid: {LOGIN}"
    if status == 403:
        return (
            f"no permission to write to {place.repo}{f' as {place.user}' if place.user else ''}: the name belongs "
            f"to others or the token may only read{_said(error)}; name a repository of your own, or {LOGIN}"
        )
    if isinstance(error, RepositoryNotFoundError):
        return f"{place.repo} does not exist, or your token may not see it; {LOGIN}"
    if isinstance(error, RevisionNotFoundError | EntryNotFoundError):
        return f"{place.repo}: {_first(error)}"
    if status in (409, 412):
        return f"{place.repo} is being changed by somebody else{_said(error)}; run the same command again"
    if isinstance(error, BadRequestError) or (status or 0) >= 400:
        return (
            f"{place.endpoint} refused ({status}){_said(error)}; run the same command again if this may pass"
        )
    cause = f" {error.__cause__}" if error.__cause__ else ""
    return _first(error) if isinstance(error, OSError) else f"{error}{cause}"


def _status(error: BaseException) -> int | None:
    return error.response.status_code if isinstance(error, HfHubHTTPError) else None


def _said(error: BaseException) -> str:
    message = getattr(error, "server_message", None)
    return f": {message}" if message else ""


def _wait(error: BaseException) -> str:
    seconds = retry_after(error)
    return f" for {seconds:.0f} s more" if seconds and seconds > 0 else ""


def _first(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
