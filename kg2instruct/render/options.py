"""What can be chosen when records become instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kg2instruct.errors import ConfigError
from kg2instruct.render.formats import FORMATS
from kg2instruct.render.tasks import TASKS

Wording = Literal["record", "zh", "en", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """All choices, each drawn per record from the seed and the record's id alone."""

    tasks: tuple[str, ...] = ("ner", "re")
    formats: tuple[str, ...] = tuple(x for x in FORMATS if x != "oneke")
    """Output formats to draw from."""
    each_format: bool = False
    """Write every question once in each format instead of drawing one."""
    wording: Wording = "record"
    """Language of the instructions: that of the record, one for all, or one of the two drawn."""
    template_set: str = ""
    """A named set such as `zhixi` or `iepile`; empty for the default."""
    template_folder: str = ""
    """A folder of template files to use in place of the project's own."""
    templates_per_record: int = 1
    """How often a record is asked, each time with other labels and wording."""
    open_rate: float = 0.1
    """Share of records whose instruction lists no labels."""
    split_num: int | None = None
    """At most so many labels in an instruction; 0 for all of them, null for the task's default."""
    schema_tokens: int = 0
    """At most about so many tokens of labels in an instruction; 0 for no limit."""
    negatives: float = 1.0
    """Instructions without an answer per one with an answer, at most; `inf` asks for all labels there are."""
    hard_negatives: bool = True
    """Fill up with labels that are easily confused with the right ones, before others."""
    synonyms: float = 0.1
    """Chance of a label that has synonyms to be asked for by one."""
    definitions: float = 0.1
    """Share of instructions whose labels come with their definitions."""
    most_specific: bool = False
    """Of A in B, B in C and A in C leave out the last, where the schema calls the relation a chain."""
    max_chars: int = 0
    """Cut longer texts at sentence borders; 0 for no limit."""
    max_tokens: int = 0
    """The same by about so many tokens."""
    seed: int = 0

    def __post_init__(self) -> None:
        for task in self.tasks:
            TASKS[task]
        for name in self.formats:
            FORMATS[name]
        shares = {x: getattr(self, x) for x in ("open_rate", "synonyms", "definitions")}
        wrong = [
            f"{name} is a share between 0 and 1, not {value}"
            for name, value in shares.items()
            if not 0 <= value <= 1
        ]
        least = {
            "templates_per_record": 1,
            "split_num": 0,
            "schema_tokens": 0,
            "negatives": 0,
            "max_chars": 0,
            "max_tokens": 0,
        }
        for name, bound in least.items():
            value = getattr(self, name)
            if value is not None and not value >= bound:
                wrong.append(f"{name} is at least {bound}, not {value}")
        if not self.tasks or not self.formats:
            wrong.append("at least one task and one output format are needed")
        if self.wording not in ("record", "zh", "en", "both"):
            wrong.append(f"wording is record, zh, en or both, not {self.wording!r}")
        if wrong:
            raise ConfigError("; ".join(wrong))
