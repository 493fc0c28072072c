"""A recipe: sources in order, how much of each, and what is done to them all together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kg2instruct.errors import ConfigError
from kg2instruct.render import RenderOptions

Kind = Literal["folder", "rows", "examples", "convert", "hub"]
Side = Literal["assign", "keep", "train", "validation", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Values for rows that do not say them."""

    task: str = "instruct"
    lang: str = ""
    """Found from the text where empty: zh with one Chinese character in ten or more, else en."""
    source: str = ""
    """The name of the source where empty."""
    cate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """Where rows come from, which of them, and how many."""

    name: str
    kind: Kind
    path: tuple[str, ...] = ()
    """Files or folders, `*` allowed; for `hub` the dataset's name."""
    corpus: str = "auto"
    """For `convert`: the corpus, one of those of `kg2instruct convert`."""
    mapping: str = ""
    """For the corpora `json` and `bio`: the file that names the fields."""
    config: str = ""
    """For `hub`: the name of the dataset's configuration."""
    revision: str = ""
    """For `hub`: branch, tag or commit; the commit that was read is noted in the manifest."""
    count: int | None = None
    """Take so many rows, or all there are; none of both `count` and `weight` takes all."""
    weight: float | None = None
    """Share of the rows that sources without `count` make up, before temperature."""
    lang: tuple[str, ...] = ()
    """Keep rows in these languages; all where empty."""
    tasks: tuple[str, ...] = ()
    """Keep rows of these tasks; all where empty."""
    cap: int = 0
    """At most so many rows that answer with a label; 0 for no limit."""
    caps: Mapping[str, int] = field(default_factory=dict)
    """The same for single labels."""
    defaults: Defaults = field(default_factory=Defaults)
    fields: Mapping[str, str] = field(default_factory=dict)
    """Where rows have other names: `{instruction: question, output: answer}`."""
    render: RenderOptions = field(default_factory=RenderOptions)
    """For `examples` and `convert`: how records become rows."""
    schema: str = ""
    """For `examples` and `convert`: schemas of topics, `wikipedia` or one's own; empty for the labels that occur."""
    labels: str = ""
    """In place of `schema`: a published corpus, or a file of labels."""
    document: str = r"[a-z]+wiki-\d+|(?:dygiepp|scierc)-.+-\d+(?=-\d+$)"
    """Expression for the part of a record's id that names its document."""
    split: Side = "assign"
    """`keep` the sides that rows come with, by the names of splits, files and folders, put all on one, or `assign`
    them by the shares of the recipe."""
    license: str = ""
    attribution: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitShares:
    """Shares of documents and text clusters; all others are for training."""

    validation: float = 0.01
    test: float = 0.01

    def __post_init__(self) -> None:
        if min(self.validation, self.test) < 0 or self.validation + self.test >= 1:
            raise ConfigError("validation and test are shares, together below 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupOptions:
    """What counts as said twice."""

    exact: bool = True
    near: bool = True
    threshold: float = 0.75
    """Share of n-grams in common (Jaccard) from which two texts are near-duplicates."""
    zh: int = 3
    """Characters in an n-gram of Chinese."""
    en: int = 2
    """Words in an n-gram of English."""

    def __post_init__(self) -> None:
        wrong = []
        if not 0.3 <= self.threshold <= 1:
            wrong.append(f"threshold is a share between 0.3 and 1, not {self.threshold}")
        wrong += [f"{x} is at least 1, not {getattr(self, x)}" for x in ("zh", "en") if getattr(self, x) < 1]
        if wrong:
            raise ConfigError("; ".join(wrong))


@dataclass(frozen=True, slots=True, kw_only=True)
class DecontaminateOptions:
    """Evaluation sets whose texts must not be learned."""

    sets: tuple[str, ...] = ()
    """Files of rows, records or plain text lines; folders of them."""
    share: float = 0.5
    """A text goes when this share of its n-grams, or of those of one evaluation text, stands in the other."""
    zh: int = 10
    """Characters in an n-gram of Chinese."""
    en: int = 8
    """Words in an n-gram of English."""

    def __post_init__(self) -> None:
        wrong = []
        if not 0 < self.share <= 1:
            wrong.append(f"share is above 0 and at most 1, not {self.share}")
        wrong += [f"{x} is at least 1, not {getattr(self, x)}" for x in ("zh", "en") if getattr(self, x) < 1]
        if wrong:
            raise ConfigError("; ".join(wrong))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that decides what `kg2instruct mix` makes; of duplicates the earlier source keeps its own."""

    name: str = ""
    description: str = ""
    license: str = ""
    """Licence of the whole; where empty it is that of the sources if they agree, else `other`."""
    seed: int = 0
    scale: float = 1.0
    """Multiplies all counts and `rows`."""
    rows: int | None = None
    """Rows of all sources with a weight together; as many as the weights allow where not said."""
    temperature: float = 1.0
    """Sources with a weight are drawn in proportion to weight^(1/temperature)."""
    split: SplitShares = field(default_factory=SplitShares)
    dedup: DedupOptions = field(default_factory=DedupOptions)
    decontaminate: DecontaminateOptions = field(default_factory=DecontaminateOptions)
    sources: tuple[SourceSpec, ...] = ()

    def __post_init__(self) -> None:
        wrong = []
        if not self.scale > 0:
            wrong.append(f"scale is above 0, not {self.scale}")
        if not self.temperature > 0:
            wrong.append(f"temperature is above 0, not {self.temperature}")
        if wrong:
            raise ConfigError("; ".join(wrong))
