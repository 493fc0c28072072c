"""A corpus recipe: sources in order, how each is cleaned, and what is done to them all together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from kg2instruct.errors import ConfigError

Kind = Literal["text", "rows", "wikipedia", "code"]
Step = Literal["unicode", "script", "lines", "quality", "words", "personal", "repetition"]
Personal = Literal["email", "id", "phone", "card", "ip"]
Script = Literal["zh-hans", "zh-hant", "zh-cn", "zh-tw", "zh-hk", "none"]

STEPS: tuple[Step, ...] = get_args(Step)
# What is done where the recipe does not say: articles of Wikipedia have editors, code has its own rules.
USUAL_STEPS: dict[Kind, tuple[Step, ...]] = {
    "text": STEPS,
    "rows": STEPS,
    "wikipedia": ("unicode", "script", "quality", "repetition"),
    "code": ("unicode", "quality", "personal"),
}
LEAST_TOKENS = 16  # a sample below this could not hold a character and the marks of a document


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOptions:
    """Lines that go, as C4 has it."""

    boilerplate: bool = True
    """Those with phrases of menus, notices and scripts (`data/boilerplate.yaml`)."""
    repeated: bool = True
    """Those that stood in the document before, if they are no longer than a menu's."""
    terminal: bool = False
    """Those that do not end as sentences do: C4's rule, which also takes headings and lists."""
    min_chars: int = 0
    """Shorter ones; white space does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityOptions:
    """Bounds for a whole document; those not given are the language's, in `data/quality.yaml`."""

    min_chars: int | None = None
    max_chars: int | None = None
    min_letters: float | None = None
    """Share of letters (Chinese characters are some) in all that is no white space."""
    min_han: float | None = None
    """Share of Chinese characters."""
    max_kana: float | None = None
    """Share of kana, which Japanese has beside the characters that it shares with Chinese."""
    max_digits: float | None = None
    max_broken: float | None = None
    """Share of characters that no text has: replacement, private use, unassigned."""
    max_hashes: float | None = None
    """`#` for each word."""
    max_ellipses: float | None = None
    """Ellipses for each word."""
    max_bullet_lines: float | None = None
    max_ellipsis_lines: float | None = None
    min_word: float | None = None
    """Mean length of the words between spaces."""
    max_word: float | None = None
    min_function_words: int | None = None
    """Different words of those that every text has: the, of, 的, 是."""
    max_line: int | None = None
    """Characters of the longest line, for code."""
    max_mean_line: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordOptions:
    """Harmful content by words."""

    lists: tuple[str, ...] = ()
    """Files of your own, one word or phrase a line, `#` for remarks."""
    allowed: int = 0
    """How many words of your lists a document may hold."""
    builtin: bool = True
    """Also the small list that comes with the program: advertising of gambling, pornography, forgery."""
    builtin_allowed: int = 2
    """How many different ones of that list a document may hold: to write about gambling is no advertising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanOptions:
    """What is done to a source's documents, in the order of STEPS."""

    steps: tuple[Step, ...] | None = None
    """Which steps; those usual for the kind of source where not given."""
    script: Script | None = None
    """Script of Chinese; for Wikipedia zh-hans, else as it is, where not given."""
    lines: LineOptions = field(default_factory=LineOptions)
    quality: QualityOptions = field(default_factory=QualityOptions)
    words: WordOptions = field(default_factory=WordOptions)
    personal: tuple[Personal, ...] | None = None
    """Which personal data are masked: all, or e-mail addresses alone in code, whose numbers are mostly constants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """Where documents come from."""

    name: str
    kind: Kind
    path: tuple[str, ...] = ()
    """Files or folders, `*` allowed; plain, gz, bz2, zst."""
    lang: Literal["zh", "en", "code", "auto"] = "auto"
    """`auto` finds zh or en for each document."""
    text: tuple[str, ...] = ("title", "text")
    """For rows: the fields that make up a document, joined by line breaks; missing ones are left out."""
    document: Literal["line", "blank", "file"] = "line"
    """For text: a document is a line, what stands between blank lines, or a file."""
    encoding: str = "utf-8"
    """Of text and code, such as gb18030 (which has GBK and GB2312 in it)."""
    languages: tuple[str, ...] = ()
    """For code: programming languages, all known ones where empty."""
    with_path: bool = False
    """For code: the path of the file as a first line."""
    weight: float | None = None
    """Share of the training tokens, beside those of other sources; without any weight each is read once."""
    limit: int | None = None
    """Take the first so many documents, for a small try."""
    clean: CleanOptions = field(default_factory=CleanOptions)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of cleaning, in order."""
        asked = USUAL_STEPS[self.kind] if self.clean.steps is None else self.clean.steps
        return tuple(step for step in STEPS if step in asked)

    @property
    def personal(self) -> tuple[Personal, ...]:
        """Which personal data are masked."""
        if self.clean.personal is None:
            return ("email",) if self.kind == "code" else get_args(Personal)
        return self.clean.personal

    @property
    def script(self) -> Script:
        """The script that Chinese is brought into."""
        return self.clean.script or ("zh-hans" if self.kind == "wikipedia" else "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupOptions:
    """What counts as said twice, in one source or across sources; the earlier source keeps its document."""

    exact: bool = True
    near: bool = True
    threshold: float = 0.8
    """Share of n-grams in common (Jaccard) from which two documents are near-duplicates."""
    zh: int = 5
    """Characters in an n-gram of Chinese."""
    en: int = 5
    """Words in an n-gram of English and code."""

    def __post_init__(self) -> None:
        if not 0.3 <= self.threshold <= 1:
            raise ConfigError(f"threshold is a share between 0.3 and 1, not {self.threshold}")
        if min(self.zh, self.en) < 1:
            raise ConfigError("zh and en are at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusRecipe:
    """All that decides what `kg2instruct corpus build` makes."""

    tokenizer: str
    """A tokenizer's folder or its `tokenizer.json`."""
    bos: str | None = None
    """The token that begins documents: by default the tokenizer's own, "" for none."""
    eos: str | None = None
    """The token that ends documents: by default the tokenizer's own."""
    max_tokens: int = 1024
    """Longest sample, marks of documents included."""
    min_tokens: int = 0
    """Shorter documents are dropped, and counted."""
    held_out: float = 0.005
    """Share of each source's documents that is kept for evaluation; at least one of twenty or more."""
    seed: int = 0
    """Of the choice of held-out documents."""
    shard_bytes: int = 1 << 30
    """Size of a file of tokens, about."""
    dedup: DedupOptions = field(default_factory=DedupOptions)
    sources: tuple[SourceSpec, ...] = ()

    def __post_init__(self) -> None:
        wrong = []
        if self.max_tokens < LEAST_TOKENS:
            wrong.append(f"max_tokens is at least {LEAST_TOKENS}, not {self.max_tokens}")
        if not 0 <= self.held_out < 1:
            wrong.append(f"held_out is a share below 1, not {self.held_out}")
        if not self.shard_bytes:
            wrong.append("shard_bytes is above 0")
        if wrong:
            raise ConfigError("; ".join(wrong))
