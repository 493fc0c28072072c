"""JSON out of a model's answer: as it stands, or dug out of fences and prose and repaired."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from kg2instruct.render.formats.nothing import says_nothing

_OPENING = re.compile(r"[\[{]")
_FENCE = re.compile(r"```[a-zA-Z]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}
# Full-width punctuation between values: it stands beside a quote or bracket.
_WIDE = re.compile(r"(?<=[\"”}\]］｝])\s*([：，、；])\s*(?=[\"“{\[［｛]|\d|true|false|null)")
_PLAIN = {"：": ": ", "，": ", ", "、": ", ", "；": ", "}
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+|"', re.DOTALL)


def load_json(output: str, *, strict: bool, several: bool = False) -> tuple[Any, list[str]]:
    """The JSON value in an output, None where there is none, and what was wrong with it.

    Nothing found in words reads as an empty object. Objects after each other are one with the keys of all, the
    first that has a key counting (a model that repeats itself), or with `several` a list (JSON lines).
    """
    try:
        return json.loads(output, object_pairs_hook=_merged), []
    except (ValueError, RecursionError) as error:
        if strict:
            return None, [f"not JSON: {error}"]
    if says_nothing(output):
        return {}, []
    body = unfenced(output)
    if not _OPENING.search(body):
        return None, ["no JSON in the answer"]
    return _found(body, several)


def unfenced(output: str) -> str:
    """The inside of the first code fence, where there is one."""
    match = _FENCE.search(output)
    return match[1] if match else output


def _merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; what a model gives under one key several times is all under it."""
    form = dict(pairs)
    if len(form) == len(pairs):
        return form
    values: dict[str, list[Any]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {key: _joined(found) for key, found in values.items()}


def _joined(values: list[Any]) -> Any:
    if len(values) > 1 and all(isinstance(x, dict) for x in values):
        return _merged([pair for x in values for pair in x.items()])
    return values[0] if len(values) == 1 else [y for x in values for y in (x if isinstance(x, list) else [x])]


def _found(body: str, several: bool) -> tuple[Any, list[str]]:
    """The value in a text that holds more than it, or that is broken."""
    for text in (body, _WIDE.sub(lambda x: _PLAIN[x[1]], body)):
        values = list(_whole_values(text))
        if values:
            return _chosen(values, several), []
    return _repaired(body)


def _chosen(values: list[Any], several: bool) -> Any:
    """Of the values in an answer those that are meant: objects, or the lists that hold them, before [1] in prose."""
    meant = [x for x in values if isinstance(x, dict) or (x and all(isinstance(y, dict | list) for y in x))]
    values = meant or values
    if len(values) == 1 or isinstance(values[0], list):
        return values[0]
    objects = [x for x in values if isinstance(x, dict)]
    if several:
        return objects
    form: dict[str, Any] = {}
    for x in objects:
        for key, value in x.items():
            form.setdefault(key, value)
    return form


def _repaired(body: str) -> tuple[Any, list[str]]:
    from json_repair import repair_json

    start = _OPENING.search(body)
    body = _WIDE.sub(lambda x: _PLAIN[x[1]], body[start.start() if start else 0 :])
    whole = "" if body.rstrip().endswith(("}", "]")) else _whole_part(body)
    try:
        value = repair_json(whole or body, return_objects=True)
    except (ValueError, RecursionError, IndexError, TypeError, KeyError) as error:
        return None, [f"cannot repair the JSON: {error}"]
    if not isinstance(value, dict | list):
        return None, ["no JSON in the answer"]
    return value, [f"cut off: {body[-60:]!r}"] if whole else []


def _whole_part(body: str) -> str:
    """A value that is cut off, up to its last whole part and closed again; empty where it is not cut off."""
    open_: list[str] = []
    kept = 0
    is_key = False
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token == '"' or (match.end() == len(body) and token[0] not in '"[]{},:'):
            break  # a string that does not end, a number or word that may go on
        if token in _CLOSING:
            open_.append(_CLOSING[token])
        elif token in "]}" and (not open_ or open_.pop() != token or not open_):
            return ""
        if token in ",{":
            is_key = open_[-1:] == ["}"]
        elif token == ":":
            is_key = False
        if token not in ",:" and (token == "{" or not is_key):
            kept = match.end()
    return body[:kept] + _still_open(body[:kept])


def _still_open(body: str) -> str:
    """The brackets that close what a text leaves open."""
    open_: list[str] = []
    for match in _TOKEN.finditer(body):
        if match[0] in _CLOSING:
            open_.append(_CLOSING[match[0]])
        elif match[0] in "]}":
            open_.pop()
    return "".join(reversed(open_))


def _whole_values(body: str) -> Iterator[Any]:
    """Objects and lists after each other, up to the first that is not whole."""
    decoder, position = json.JSONDecoder(object_pairs_hook=_merged), 0
    while match := _OPENING.search(body, position):
        try:
            value, position = decoder.raw_decode(body, match.start())
        except (ValueError, RecursionError):
            return
        yield value
