"""Functions for the templates that a pattern cannot describe; `code:` in a rule file names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from kg2instruct.registry import Registry
from kg2instruct.wiki import render_dates, render_names, render_units
from kg2instruct.wiki.calls import Call

Options = Mapping[str, str]
Renderer = Callable[[Call, Options], str]

_WIDTH = re.compile(r"(?:[\d.]+ *(?:em|ex|px|pt|%)?)?")


def block(call: Call, _options: Options) -> str:
    """Text as a paragraph of its own: quotations."""
    text = call.get("1") or call.get("text") or call.get("quote")
    return f"\n\n{text}\n\n" if text else ""


def items(call: Call, _options: Options) -> str:
    """Unnamed parameters as list items."""
    return "".join(f"\n* {value}" for value in call.positional() if value) + "\n"


def body(call: Call, _options: Options) -> str:
    """Parameters that hold list items or paragraphs, on lines of their own; not how many columns or how wide."""
    values = [value for value in call.positional() if _WIDTH.fullmatch(value) is None]
    return "".join(f"\n{value}" for value in values) + "\n"


def last(call: Call, _options: Options) -> str:
    """The last unnamed parameter: colours and styles come before the text."""
    values = call.positional()
    return values[-1] if values else call.get("text")


def choice(call: Call, options: Options) -> str:
    """What the rule gives for the first parameter: `{{music|flat}}` is ♭; one that it does not know stays."""
    given = call.get("1")
    shown = options.get(given.lower().replace(" ", ""))
    return shown if shown is not None else ("" if call.get("2") else given)


RENDERERS: Registry[Renderer] = Registry(
    "template renderer",
    {
        "age": render_dates.age,
        "as_of": render_dates.as_of,
        "birth_death": render_dates.birth_death,
        "block": block,
        "body": body,
        "chinese": render_names.chinese,
        "choice": choice,
        "convert": render_units.convert,
        "country": render_names.country,
        "currency": render_units.currency,
        "date": render_dates.date,
        "death_date": render_dates.death_date,
        "foreign": render_names.foreign,
        "formatnum": render_units.formatnum,
        "formula": render_units.formula,
        "density": render_units.density,
        "fraction": render_units.fraction,
        "helper_link": render_names.helper_link,
        "interlanguage": render_names.interlanguage,
        "items": items,
        "japanese": render_names.japanese,
        "korean": render_names.korean,
        "labelled": render_names.labelled,
        "labelled_by_code": render_names.labelled_by_code,
        "last": last,
        "life": render_dates.life,
        "named_link": render_names.named_link,
        "nihongo": render_names.nihongo,
        "power_of_ten": render_units.power_of_ten,
        "ship": render_names.ship,
        "span": render_dates.span,
        "titled": render_names.titled,
        "val": render_units.val,
        "vietnamese": render_names.vietnamese,
    },
)
