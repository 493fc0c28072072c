"""Only the pages that a list of titles names: from a wiki's API, or picked from a dump.

Either way they become a small export beside the dataset, with the redirects that matter to them, and the rest
of a build goes on as with any dump.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from kg2instruct.jsonl import atomic_writer, encode, read_jsonl
from kg2instruct.lang.fold import fold
from kg2instruct.pipeline.inputs import PageUnit
from kg2instruct.pipeline.stages import read_unit
from kg2instruct.pipeline.units import StageReport, Tally
from kg2instruct.records import Lang, Page
from kg2instruct.wiki.api import BATCH, Found, WikiApi
from kg2instruct.wiki.links import article_title, collect, normalize_title, redirect_target
from kg2instruct.wiki.write_xml import export_lines

PICKED, REDIRECTS = ".pages.jsonl", ".redirects.jsonl"
_LONGEST_WAY = 10  # from redirect to redirect


@dataclass(slots=True)
class Gathered:
    """What a list of titles led to; `linked` are what the pages link to. Ids are of entities (`Q64`)."""

    pages: int = 0
    missing: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    linked_titles: list[str] = field(default_factory=list)
    linked_ids: list[str] = field(default_factory=list)


Told = Callable[[int], None]


def gather_by_api(
    api: WikiApi, lang: Lang, titles: Sequence[str], work: Path, out: Path, *, told: Told
) -> Gathered:
    """Ask a wiki for pages, and for what they link to; write the export `out`.

    Answers are kept in `work`, so that an interrupted run goes on. Raises WebError.
    """
    texts = list(_in_batches(api.pages, titles, work / f"pages-{lang}", told))
    pages = {title: page for found in texts for title, page in found.pages.items()}
    linked = sorted(_links(pages.values(), lang) - set(pages))
    ways = list(_in_batches(api.resolve, linked, work / f"linked-{lang}", told))
    items = {title: item for found in texts for title, item in found.items.items()}
    beyond = {item for found in ways for item in found.items.values()} - set(items.values())
    redirects = {source: end for found in (*texts, *ways) for source, end in found.redirects.items()}
    # Links in one script may lead to titles in the other.
    redirects |= {source: end for found in ways for source, end in found.leads.items() if source != end}
    _write_export(pages.values(), redirects, lang, out)
    return Gathered(
        pages=len(pages),
        missing=[title for found in texts for title in found.missing],
        titles=[title for title in pages if title not in items],
        ids=[items[title] for title in pages if title in items],
        linked_ids=sorted(beyond, key=lambda item: int(item[1:])),
    )


def _in_batches(
    ask: Callable[[Sequence[str]], Found], titles: Sequence[str], folder: Path, told: Told
) -> Iterator[Found]:
    """The answers for all titles, those of an earlier run from the disk."""
    for start in range(0, len(titles), BATCH):
        path = folder / f"{start:08d}.json"
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Found)
        except (OSError, msgspec.DecodeError):
            found = ask(titles[start : start + BATCH])
            with atomic_writer(path) as file:
                file.write(encode(found))
        told(sum(len(page.text) for page in found.pages.values()))
        yield found


def _links(pages: Iterable[Page], lang: Lang) -> set[str]:
    """The titles that pages link to, in the main namespace."""
    return {title for _, title in collect(pages, lang=lang).links}


def _write_export(pages: Iterable[Page], redirects: dict[str, str], lang: Lang, out: Path) -> None:
    ways = (
        Page(0, source, 0, 0, f"#REDIRECT [[{target}]]", target)
        for source, target in sorted(redirects.items())
    )
    with atomic_writer(out) as file:
        file.writelines(export_lines((*pages, *ways), lang))


@dataclass(slots=True)
class PickPages:
    """A pass over a dump: the pages of a list of titles, given folded, and all redirects."""

    folded: frozenset[str]
    strict: bool = False

    def open(self) -> None:
        """Nothing to load."""

    def run(self, unit: PageUnit, folder: Path) -> Tally:
        """Write the unit's pages to `NAME.pages.jsonl` and its redirects to `NAME.redirects.jsonl`."""
        tally = Tally()
        with (
            atomic_writer(folder / f"{unit.name}{PICKED}") as picked,
            atomic_writer(folder / f"{unit.name}{REDIRECTS}") as redirects,
        ):
            for page in read_unit(unit, tally, strict=self.strict):
                if page.ns != 0:
                    continue
                title = normalize_title(page.title)
                target = redirect_target(page)
                if target is not None:
                    redirects.write(encode((title, article_title(target) or "")))
                elif fold(title) in self.folded:
                    picked.write(encode(page))
        return Tally()  # what is wrong with the dump is counted where its pages are read for good


def gather_from_dump(
    run: Callable[[PickPages, str], StageReport],
    lang: Lang,
    titles: Sequence[str],
    out: Path,
    *,
    strict: bool,
) -> Gathered:
    """Pick pages from a dump; write the export `out`. `run` does a stage, under a name, over all of the dump.

    A title that no page has stands for the one that differs in script, case or width alone. Titles of redirects
    stand for the pages they lead to, for which the dump is read a second time.
    """
    wanted = list(dict.fromkeys(map(normalize_title, titles)))
    first = run(PickPages(frozenset(map(fold, wanted)), strict), f"pick-{lang}")
    similar = _by_title(first)
    spelled = _spellings(wanted, [*similar, *_sources(first)])
    pages = {title: page for title, page in similar.items() if title in set(spelled.values())}
    ends = _ends(first, set(spelled.values()) - set(pages))
    further = set(ends.values()) - set(pages)
    if further:
        second = run(PickPages(frozenset(map(fold, further)), strict), f"pick-further-{lang}")
        pages |= {title: page for title, page in _by_title(second).items() if title in further}
    linked = _links(pages.values(), lang) - set(pages)
    ways = _ends(first, linked) | {source: end for source, end in ends.items() if end in pages}
    _write_export(pages.values(), ways, lang, out)
    return Gathered(
        pages=len(pages),
        missing=[
            title for title in wanted if (own := spelled[title]) not in pages and ends.get(own) not in pages
        ],
        titles=list(pages),
        linked_titles=sorted({ways.get(title, title) for title in linked} - set(pages)),
    )


def _by_title(report: StageReport) -> dict[str, Page]:
    """The pages that were picked."""
    pages = (page for path in report.outputs(PICKED) for page in read_jsonl(path, Page))
    return {normalize_title(page.title): page for page in pages}


def _sources(report: StageReport) -> Iterator[str]:
    """The titles of all redirects."""
    for path in report.outputs(REDIRECTS):
        yield from (source for source, _ in read_jsonl(path, tuple[str, str]))


def _spellings(wanted: Sequence[str], known: Iterable[str]) -> dict[str, str]:
    """Each wanted title as it is known: the same, else the first in another script, case or width, else itself."""
    folded = {fold(title) for title in wanted}
    alike: dict[str, dict[str, None]] = {}
    for title in known:
        if (key := fold(title)) in folded:
            alike.setdefault(key, {})[title] = None
    found = {title: alike.get(fold(title), {}) for title in wanted}
    return {title: title if title in others else next(iter(others), title) for title, others in found.items()}


def _ends(report: StageReport, titles: set[str]) -> dict[str, str]:
    """Where those of the titles that are redirects lead in the end."""
    steps: dict[str, str] = {}
    wanted = set(titles)
    for _ in range(_LONGEST_WAY):
        found = {
            source: target
            for path in report.outputs(REDIRECTS)
            for source, target in read_jsonl(path, tuple[str, str])
            if source in wanted and target
        }
        steps |= found
        wanted = set(found.values()) - set(steps)
        if not wanted:
            break
    ends = {}
    for title in titles & set(steps):
        end, seen = title, {title}
        while end in steps and steps[end] not in seen:
            end = steps[end]
            seen.add(end)
        ends[title] = end
    return ends
