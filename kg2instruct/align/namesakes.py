"""What a work is named after goes by the same name: 《白鹿原》 is the novel, 白鹿原 the place it is set in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import Name
from kg2instruct.records import Passage

_OPENING = "《「『〈“"


def find_namesakes(
    subject: int,
    title: str,
    own: Iterable[str],
    folded: Sequence[str],
    vouches_for: Callable[[int], bool],
    context: AlignContext,
) -> dict[str, int]:
    """The folded names of a Chinese page's work that are something else where they are not written as titles.

    `own` are its names, `folded` the texts of the page. Empty where the page does not write its title as one, or does
    not vouch for what has the name, too.
    """
    if context.lang != "zh" or context.coarse_type(subject) != "work":
        return {}
    if not any(f"《{title}" in text for text in folded):
        return {}
    found: dict[str, int] = {}
    for name in own:
        others = [other.qid for other in context.named(name) if other.qid != subject]
        meant = [qid for qid in others if vouches_for(qid) and context.coarse_type(qid) != "work"]
        if len(meant) == 1:
            found[name] = meant[0]
    return found


def read_unmarked(
    found: Iterable[Name], passage: Passage, folded: str, namesakes: Mapping[str, int]
) -> list[Name]:
    """Names with those of the work that neither stand in title marks nor in bold type read as what else has them."""
    read = []
    for name in found:
        other = namesakes.get(folded[name.start : name.end])
        if other is not None and name.via == "title" and not _is_marked(name, passage):
            read.append(Name(name.start, name.end, (other,), "alias"))
        else:
            read.append(name)
    return read


def _is_marked(name: Name, passage: Passage) -> bool:
    if name.start and passage.text[name.start - 1] in _OPENING:
        return True
    return any(start <= name.start and name.end <= end for start, end in passage.bold)
