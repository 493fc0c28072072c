"""Tails as records write them, `Q64`, `+1889-00-00/9`, `+2.5/Q828224` or a text: told apart, read, compared."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from kg2instruct.lang.values import YEAR, Quantity, Time, quantities_agree, times_agree

Kind = Literal["entity", "time", "quantity", "text"]
KINDS: tuple[Kind, ...] = ("entity", "time", "quantity", "text")

_TIME = re.compile(r"([+-])(\d+)-(\d\d)-(\d\d)(?:T[\d:]+Z)?/(\d+)")
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/(?:1|Q(\d+))")
_QID = re.compile(r"Q\d+")


def kind_of(tail: str) -> Kind:
    """What a tail is, from how it is written."""
    if _QID.fullmatch(tail):
        return "entity"
    if _TIME.fullmatch(tail):
        return "time"
    return "quantity" if _QUANTITY.fullmatch(tail) else "text"


def same_tail(kind: Kind, one: str, other: str) -> bool:
    """Whether two tails of a kind mean the same; times not coarser than a year, quantities after conversion."""
    if kind == "time":
        claim, mention = read_time(one), read_time(other)
        if claim is None or mention is None or min(claim.precision, mention.precision) < YEAR:
            return False
        return times_agree(claim, mention)
    if kind == "quantity":
        amount, mentioned = read_quantity(one), read_quantity(other)
        return amount is not None and mentioned is not None and quantities_agree(amount, mentioned)
    return one == other if kind == "entity" else plain(one) == plain(other)


def read_time(written: str) -> Time | None:
    """A time as records write it, None for anything else."""
    found = _TIME.fullmatch(written)
    if found is None:
        return None
    year = int(found[2]) * (-1 if found[1] == "-" else 1)
    return Time(year, int(found[3]), int(found[4]), int(found[5]))


def read_quantity(written: str) -> Quantity | None:
    """An amount as records write it, None for anything else."""
    found = _QUANTITY.fullmatch(written)
    return Quantity(float(found[1]), int(found[2] or 0)) if found else None


def plain(text: str) -> str:
    """A text without differences of width, case and white space."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())
