"""Terms whose translation is given: those that occur in a text go into its prompt, and are looked for in the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from kg2instruct.errors import InputError


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a text, its translation, and other translations that will do."""

    text: str
    translation: str
    others: tuple[str, ...] = ()

    def is_in(self, folded_text: str) -> bool:
        """Whether a text, with `casefold` applied, has one of the translations."""
        return any(one.casefold() in folded_text for one in (self.translation, *self.others))


class Glossary:
    """Terms and translations; Latin terms are found at word borders whatever their case.

    `names` finds further terms in a text: those of a knowledge base.
    """

    def __init__(
        self, terms: Iterable[tuple[str, str]] = (), names: Callable[[str], Iterable[Term]] | None = None
    ) -> None:
        self._names = names
        self._terms = {term.casefold(): (term, translation) for term, translation in terms if term.strip()}
        by_length = sorted(self._terms, key=lambda term: (-len(term), term))
        pattern = "|".join(_bordered(term) for term in by_length)
        self._pattern = re.compile(pattern, re.IGNORECASE) if pattern else None

    def terms_in(self, text: str) -> list[Term]:
        """The terms that occur in a text, each once, in the order in which they occur; given ones first."""
        found: dict[str, Term] = {}
        if self._pattern is not None:
            for match in self._pattern.finditer(text):
                if (term := self._terms.get(match[0].casefold())) is not None:
                    found.setdefault(match[0].casefold(), Term(*term))
        for name in self._names(text) if self._names else ():
            found.setdefault(name.text.casefold(), name)
        return list(found.values())


def _bordered(term: str) -> str:
    left = r"(?<![A-Za-z0-9])" if term[0].isascii() and term[0].isalnum() else ""
    right = r"(?![A-Za-z0-9])" if term[-1].isascii() and term[-1].isalnum() else ""
    return left + re.escape(term) + right


def read_glossary(path: Path) -> list[tuple[str, str]]:
    """Terms of a YAML mapping, or of lines `term TAB translation`; raises InputError with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
    if path.suffix in (".yaml", ".yml"):
        try:
            data = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
        if not isinstance(data, dict):
            raise InputError(f"{path}: expected `term: translation`")
        return [(str(term), str(translation)) for term, translation in data.items()]
    terms = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) < 2 or not cells[0].strip() or not cells[1].strip():
            raise InputError(f"{path}:{number}: expected a term, a tab and its translation")
        terms.append((cells[0].strip(), cells[1].strip()))
    return terms
