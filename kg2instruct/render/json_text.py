"""JSON as people write it in prompts and answers: characters as they are, a space after comma and colon."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

# What `json.JSONEncoder.encode` makes anew for each text, at twice the cost; absent outside CPython.
_make = getattr(json.encoder, "c_make_encoder", None)


def _encoder() -> Callable[[Any], str]:
    plain = json.JSONEncoder(ensure_ascii=False)
    if _make is None:
        return plain.encode
    chunks = _make(None, plain.default, json.encoder.encode_basestring, None, ": ", ", ", False, False, True)
    join = "".join

    def encode(data: Any) -> str:
        return join(chunks(data, 0))

    return encode


json_text: Callable[[Any], str] = _encoder()
