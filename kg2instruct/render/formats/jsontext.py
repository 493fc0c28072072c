"""JSON out of a model's answer: as it stands, or dug out of fences and prose and repaired."""

from __future__ import annotations

import json
import re
from typing import Any

from kg2instruct.render.formats.base import says_nothing

_FENCE = re.compile(r"```[a-zA-Z]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)


def load_json(output: str, *, strict: bool) -> tuple[Any, list[str]]:
    """The JSON value in an output, null where there is none, and what was wrong with it.

    Nothing found in words reads as an empty object.
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
    return _repaired(body[start:])


def unfenced(output: str) -> str:
    """The inside of the first code fence, where there is one."""
    match = _FENCE.search(output)
    return match[1] if match else output


def _repaired(body: str) -> tuple[Any, list[str]]:
    try:
        # A model that repeats itself, or explains: the first whole value is its answer.
        value, _ = json.JSONDecoder().raw_decode(body)
        return value, []
    except (ValueError, RecursionError):
        pass
    from json_repair import repair_json

    try:
        value = repair_json(body, return_objects=True)
    except (ValueError, RecursionError, IndexError, TypeError, KeyError) as error:
        return None, [f"cannot repair the JSON: {error}"]
    return (value, []) if isinstance(value, dict | list) else (None, ["no JSON in the answer"])
