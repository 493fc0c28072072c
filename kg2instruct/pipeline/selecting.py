"""Lists that users give: titles by language, ids of entities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from kg2instruct.errors import ConfigError, InputError


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, without empty ones and comments (#)."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def read_titles(files: Sequence[str], langs: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Titles by language from `FILE` (of the first language) and `LANG=FILE`; each once, in order."""
    titles: dict[str, tuple[str, ...]] = {}
    for name in files:
        lang, _, path = name.partition("=")
        if not path or lang not in langs:
            if path and re.fullmatch(r"[a-z-]{2,12}", lang) and not Path(name).exists():
                raise ConfigError(f"--titles {name}: add {lang} to --lang, which is {','.join(langs)}")
            lang, path = langs[0], name
        titles[lang] = tuple(dict.fromkeys((*titles.get(lang, ()), *read_lines(Path(path)))))
    return titles


def read_list(given: str, *, what: str, letter: str = "QP") -> tuple[str, ...]:
    """Ids from `Q64,Q90` or from a file that holds one a line, or their addresses; ConfigError for what is none."""
    listed = read_lines(Path(given)) if Path(given).is_file() else given.split(",")
    ids = [re.split("[/:]", entry.strip())[-1].upper() for entry in listed if entry.strip()]
    wrong = [entry for entry in ids if not re.fullmatch(rf"[{letter}][1-9][0-9]{{0,11}}", entry)]
    if wrong or not ids:
        found = ", ".join(wrong[:5]) or "nothing in it"
        raise ConfigError(f"{what} {given}: {found}; expected ids as {letter[0]}64, or a file of them")
    return tuple(dict.fromkeys(ids))
