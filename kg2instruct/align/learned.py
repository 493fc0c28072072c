"""Files of learned words: `schemas/evidence/learned.<lang>.yaml`.

lang: zh
learned:
  P20:  # 死亡地: 1204 cases
  - {word: "逝世", cases: 310, pages: 255, score: 41.3, share: 0.47}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast

import yaml

from kg2instruct.align.learn import LearnedWord
from kg2instruct.errors import ConfigError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.records import Lang

_HEADER = """\
# Words learned from pages by association (`kg2instruct learn`), per property, best first.
#
# cases   claims of the property with the word in the clause of their tail
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
) -> None:
    """Write words to a file, whole or not at all; `names` and `cases` of the properties are told in comments."""
    lines = [_HEADER, f"lang: {lang}\n", "learned:\n" if learned else "learned: {}\n"]
    for pid, words in sorted(learned.items()):
        lines.append(f"  P{pid}:  # {names.get(pid, '?')}: {cases[pid]} cases\n")
        for word in words:
            figures = f"score: {word.score:.1f}, share: {word.share:.2f}"
            # Quoted, since `no` and `1e5` would not be words to YAML.
            lines.append(
                f'  - {{word: "{word.word}", cases: {word.cases}, pages: {word.pages}, {figures}}}\n'
            )
    with atomic_writer(path) as out:
        out.write("".join(lines).encode())


def read_learned(file: Path | Traversable) -> tuple[Lang, dict[int, list[str]]]:
    """The language of a file of learned words, and the words of each property; raises ConfigError."""
    try:
        data = yaml.load(
            file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not YAML: {' '.join(str(error).split())}") from error
    try:
        lang = data["lang"]
        words = {
            int(pid.removeprefix("P")): [str(entry["word"]) for entry in entries]
            for pid, entries in data["learned"].items()
        }
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"{file}: not a file of learned words; expected `lang:` and `learned:` as `kg2instruct learn` writes them"
        ) from error
    if lang not in ("zh", "en"):
        raise ConfigError(f"{file}: lang: {lang!r} is not zh or en")
    return cast("Lang", lang), words
