"""Runs of apostrophes in a line: MediaWiki's rules for bold and italics, unbalanced ones too."""

from __future__ import annotations

import re

_RUN = re.compile(r"'{2,}")


def resolve_quotes(line: str) -> list[tuple[int, bool]]:
    """For each run of two or more apostrophes: how many stay as text, and whether the run toggles bold.

    Follows MediaWiki's doQuotes: four are one and bold, more than five are a rest and both; with odd numbers
    of both bold and italic marks, one bold mark becomes an apostrophe and an italic mark. One departure: in
    `甲'''乙''，`, where MediaWiki would show a stray apostrophe, two close what three opened.
    """
    runs = list(_RUN.finditer(line))
    sizes = [min(len(run[0]), 5) if len(run[0]) != 4 else 3 for run in runs]
    kept = [len(run[0]) - size for run, size in zip(runs, sizes, strict=True)]
    bold = sum(size in (3, 5) for size in sizes)
    italic = sum(size in (2, 5) for size in sizes)
    if bold % 2 and italic % 2 and not _mend_short_close(line, runs, sizes):
        index = _odd_one(line, runs, sizes)
        if index is not None:
            sizes[index] = 2
            kept[index] += 1
    return [(rest, size != 2) for rest, size in zip(kept, sizes, strict=True)]


def _mend_short_close(line: str, runs: list[re.Match[str]], sizes: list[int]) -> bool:
    """Let the last pair of two apostrophes close a bold mark that is closed nowhere else."""
    if sizes[-1] != 2 or len(sizes) < 2 or sizes[-2] != 3 or sum(size == 3 for size in sizes) % 2 == 0:
        return False
    before = line[max(0, runs[-2].start() - 1) : runs[-2].start()]
    if before.isascii() and before.isalpha():
        return False
    sizes[-1] = 3
    return True


def _odd_one(line: str, runs: list[re.Match[str]], sizes: list[int]) -> int | None:
    """The bold mark meant as an apostrophe: after a one-letter word, else a longer one, else a space."""
    single = longer = space = None
    for index, (run, size) in enumerate(zip(runs, sizes, strict=True)):
        if size != 3:
            continue
        before = line[max(0, run.start() - 2) : run.start()]
        if before.endswith(" "):
            space = index if space is None else space
        elif len(before) == 2 and before[0] == " ":
            single = index if single is None else single
            if single == index:
                break
        elif longer is None:
            longer = index
    return next((index for index in (single, longer, space) if index is not None), None)
