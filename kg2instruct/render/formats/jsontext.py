"""JSON out of a model's answer: as it stands, or dug out of fences and prose and repaired."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from kg2instruct.render.formats.base import says_nothing

_OPENING = re.compile(r"[\[{]")
_FENCE = re.compile(r"```[a-zA-Z]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)


def load_json(output: str, *, strict: bool, several: bool = False) -> tuple[Any, list[str]]:
    """The JSON value in an output, null where there is none, and what was wrong with it.

    Nothing found in words reads as an empty object. Of several values after each other the first counts (a
    model that repeats itself), or with `several` they are a list (JSON lines).
    """
    try:
        return json.loads(output), []
    except (ValueError, RecursionError) as error:
        if strict:
            return None, [f"not JSON: {error}"]
    if says_nothing(output):
        return {}, []
    body = unfenced(output)
    start = min((i for i in (body.find("{"), body.find("[")) if i >= 0), default=-1)
    if start < 0:
        return None, ["no JSON in the answer"]
    return _repaired(body[start:], several)


def unfenced(output: str) -> str:
    """The inside of the first code fence, where there is one."""
    match = _FENCE.search(output)
    return match[1] if match else output


def _repaired(body: str, several: bool) -> tuple[Any, list[str]]:
    values = list(_whole_values(body))
    if values:
        return (values if several and len(values) > 1 else values[0]), []
    from json_repair import repair_json

    try:
        value = repair_json(body, return_objects=True)
    except (ValueError, RecursionError, IndexError, TypeError, KeyError) as error:
        return None, [f"cannot repair the JSON: {error}"]
    return (value, []) if isinstance(value, dict | list) else (None, ["no JSON in the answer"])


def _whole_values(body: str) -> Iterator[Any]:
    """Objects and lists after each other, up to the first that is not whole."""
    decode, position = json.JSONDecoder().raw_decode, 0
    while match := _OPENING.search(body, position):
        try:
            value, position = decode(body, match.start())
        except (ValueError, RecursionError):
            return
        yield value
