"""Why a name means what it means: the link, the page's own names, or the names that the knowledge base has."""

from __future__ import annotations

from dataclasses import dataclass

from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import Name
from kg2instruct.align.names import PageNames
from kg2instruct.align.reading import Reading
from kg2instruct.lang.fold import fold
from kg2instruct.records import Article, Link
from kg2instruct.wiki.link_table import normalize_title
from kg2instruct.wiki.titles import bare_title


@dataclass(frozen=True, slots=True)
class Naming:
    """One passage of a page, with the page's names."""

    article: Article
    reading: Reading
    names: PageNames
    context: AlignContext

    def subject(self) -> str:
        """How the page's entity was found."""
        if self.names.subject is None:
            return "no entity has this page, and no single one this name"
        if self.context.title(self.article.title) is not None:
            return "the entity that names this page as its own"
        return "the only entity of this name"

    def mention(self, name: Name, qid: int | None) -> str:
        """Why a name means an entity."""
        surface = self.reading.folded[name.start : name.end]
        if name.via == "link":
            link = next(
                (x for x in self.reading.passage.links if (x.start, x.end) == (name.start, name.end)), None
            )
            return self._link(link) if link else "a link"
        if name.via == "repeat":
            return self._repeat(surface)
        if name.via == "title":
            return self._own(surface)
        return self._known(surface, qid)

    def value(self, start: int, end: int, *, claimed: bool) -> str:
        """Which kind of value a span is, and whether one of the passage's triples has it."""
        if any((t.start, t.end) == (start, end) for t in self.reading.times):
            return "a date that a claim has as its value" if claimed else "a date, of which no claim is kept"
        if any((q.start, q.end) == (start, end) for q in self.reading.quantities):
            return (
                "an amount that a claim has as its value, compared with its unit"
                if claimed
                else "an amount with its unit, of which no claim is kept"
            )
        return "a text that a claim has as its value"

    def _link(self, link: Link) -> str:
        target = f"{link.lang}:{link.target}" if link.lang else link.target
        resolved = self.context.links.resolve(link.target) if not link.lang else link.target
        through = f", which redirects to {resolved}" if resolved != normalize_title(link.target) else ""
        return f"link to [[{target}]]{through}"

    def _repeat(self, surface: str) -> str:
        for passage in self.article.passages:
            for link in passage.links:
                if fold(passage.text[link.start : link.end]) == surface:
                    return f"the same words are a link elsewhere on the page: {self._link(link)}"
        return "the same words are a link elsewhere on the page"

    def _own(self, surface: str) -> str:
        subject, lang = self.names.subject, self.context.lang
        titles = self.article.title, self.article.display_title
        if surface in (fold(bare_title(title)) for title in titles):
            return "the page's title"
        names = self.context.store.names(subject, lang) if subject is not None else ()
        if surface in map(fold, names):
            return "a name of the page's subject in the knowledge base"
        first = self.article.passages[0]
        if surface in (fold(first.text[a:b]) for a, b in first.bold):
            return "in bold at the beginning of the page"
        return "a short form of the page's title"

    def _known(self, surface: str, qid: int | None) -> str:
        found = next((c for c in self.context.named(surface) if c.qid == qid), None)
        told = "a label" if found and found.is_label else "an alias"
        if qid in self.names.entities:
            return f"{told} in the knowledge base of what the page links to"
        if qid in self.names.near:
            return f"{told} in the knowledge base of a neighbour of the page's subject"
        return f"{told} in the knowledge base, the best known of that name"
