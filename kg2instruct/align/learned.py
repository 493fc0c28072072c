"""Files of learned words: `schemas/evidence/learned.<lang>.yaml`.

lang: zh
learned:
  P20:  # 死亡地: 1204 cases
  - {word: 逝世, cases: 310, pages: 255, score: 41.3, share: 0.47}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kg2instruct.align.learn import LearnedWord
from kg2instruct.jsonl import atomic_writer
from kg2instruct.records import Lang

_HEADER = """\
# Words learned from pages by association (`kg2instruct learn`), per property, best first.
#
# cases   claims of the property with the word near their tail, or between head and tail, in one sentence
# pages   on how many pages
# score   z-score of the weighted log-odds ratio against all other properties
# share   the word's rate here, of the sum of its highest rates for any property
"""


def write_learned(
    path: Path,
    lang: Lang,
    learned: Mapping[int, Sequence[LearnedWord]],
    *,
    names: Mapping[int, str],
    cases: Mapping[int, int],
    source: str = "",
) -> None:
    """Write words to a file, whole or not at all; `source` says in a comment what they were learned from."""
    lines = [
        _HEADER,
        f"# {source}\n" if source else "",
        f"lang: {lang}\n",
        "learned:\n" if learned else "learned: {}\n",
    ]
    for pid, words in sorted(learned.items()):
        lines.append(f"  P{pid}:  # {names.get(pid, '?')}: {cases[pid]} cases\n")
        for word in words:
            figures = (
                f"cases: {word.cases}, pages: {word.pages}, score: {word.score:.1f}, share: {word.share:.2f}"
            )
            # A quoted string is no number, date or boolean to YAML: "no", "1e5".
            lines.append(f'  - {{word: "{word.word}", {figures}}}\n')
    with atomic_writer(path) as out:
        out.write("".join(lines).encode())
