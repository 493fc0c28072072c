"""The inputs of a build: found, checked before anything long begins, and cut into units of pages."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from kg2instruct.config import BuildConfig
from kg2instruct.errors import ConfigError, InputError
from kg2instruct.jsonl import atomic_writer
from kg2instruct.pipeline.identity import checksum, files_below
from kg2instruct.records import Lang, Page
from kg2instruct.sample import sample_paths
from kg2instruct.storage import local
from kg2instruct.streams import open_file
from kg2instruct.wiki.dump import DumpUnit, Problems, plan_units, read_pages, read_siteinfo
from kg2instruct.wiki.links import redirect_target
from kg2instruct.wikidata.dump import check_kind
from kg2instruct.wikidata.manifest import MANIFEST as STORE_MANIFEST
from kg2instruct.wikidata.manifest import read_manifest

STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of a build: pages by language, entity dumps or a store, a schema of the user's.

    With `titles` only these pages are wanted; those of a language with an API come from there.
    """

    pages: dict[Lang, tuple[Path, ...]]
    dumps: tuple[Path, ...]
    kb: Path | None
    schemas: Path | None
    titles: dict[Lang, tuple[Path, ...]] = field(default_factory=dict)
    apis: dict[Lang, str] = field(default_factory=dict)
    prefixes: Path | None = None

    def checksums(self) -> dict[str, str]:
        """All files with what tells them apart; pages must have been kept by `keep_pipes` before."""
        paths = [path for paths in self.pages.values() for path in paths] + list(self.dumps)
        if self.kb is not None:
            paths.append(self.kb / STORE_MANIFEST)
        paths += [path for paths in self.titles.values() for path in paths]
        if self.prefixes is not None:
            paths.append(self.prefixes)
        if self.schemas is not None:
            paths += files_below(self.schemas)
        return {str(path): "a pipe" if is_pipe(path) else checksum(path) for path in paths}


def find_inputs(config: BuildConfig) -> Inputs:
    """The files that a configuration names, or the built-in sample; InputError for wrong ones.

    What lies in object storage is copied to this machine first.
    """
    langs = cast("tuple[Lang, ...]", config.lang)
    schemas = local(config.schemas) if config.schemas else None
    if not config.wikipedia and not config.wiki_api:
        sample = {lang: sample_paths(lang) for lang in langs}
        pages: dict[Lang, tuple[Path, ...]] = {lang: (paths.wikipedia,) for lang, paths in sample.items()}
        return Inputs(pages, (sample[langs[0]].wikidata,), None, schemas)
    apis = _by_lang(config.wiki_api, langs, "--wiki-api", "URL") if config.wiki_api else {}
    titles = _by_lang(config.titles, langs, "--titles", "FILE") if config.titles else {}
    inputs = Inputs(
        dict.fromkeys(langs, ())
        if apis
        else _paths(_by_lang(config.wikipedia, langs, "--wikipedia", "FILE")),
        tuple(local(path) for path in config.wikidata),
        local(config.kb) if config.kb else None,
        schemas,
        titles=_paths(titles),
        apis={lang: urls[-1] for lang, urls in apis.items()},
        prefixes=local(config.prefixes) if config.prefixes else None,
    )
    _check(inputs, langs)
    return inputs


def _by_lang(
    names: Iterable[str], langs: tuple[Lang, ...], flag: str, what: str
) -> dict[Lang, tuple[str, ...]]:
    """What `LANG=FILE` and, of one language alone, `FILE` say for each language."""
    found: dict[Lang, tuple[str, ...]] = dict.fromkeys(langs, ())
    for name in names:
        prefix, _, path = name.partition("=")
        if path and prefix in langs:
            lang = prefix
        elif path and prefix in ("zh", "en"):
            raise ConfigError(f"{flag} {name}: add {prefix} to --lang, which is {','.join(langs)}")
        elif len(langs) > 1:
            raise ConfigError(f"{flag} {name}: say of which language, as in {flag} {langs[0]}={name}")
        else:
            lang, path = langs[0], name
        found[lang] = (*found[lang], path)
    missing = [lang for lang, listed in found.items() if not listed]
    if missing:
        kind = "titles" if flag == "--titles" else "pages"
        raise ConfigError(
            f"no {kind} for {', '.join(missing)}: add {flag} {missing[0]}={what}, or take it out of --lang"
        )
    return found


def _paths(names: dict[Lang, tuple[str, ...]]) -> dict[Lang, tuple[Path, ...]]:
    return {lang: tuple(map(local, listed)) for lang, listed in names.items()}


def _check(inputs: Inputs, langs: tuple[Lang, ...]) -> None:
    """Swapped, missing and foreign files are told now, not hours later when their turn comes."""
    plan_units([path for paths in inputs.pages.values() for path in paths if not is_pipe(path)])
    pipes = [
        path for path in (*inputs.dumps, *(p for ps in inputs.pages.values() for p in ps)) if path == STDIN
    ]
    if len(pipes) > 1:
        raise ConfigError("standard input (-) can be read for one input only")
    for path in inputs.dumps:
        if not is_pipe(path):
            check_kind(path)
    if inputs.kb is not None:
        held = read_manifest(inputs.kb).langs
        missing = [lang for lang in langs if lang not in held]
        if missing:
            raise InputError(
                f"{inputs.kb}: holds no names in {', '.join(missing)}, only in {', '.join(held)}; "
                f"build it with: kg2instruct kb build DUMP --lang {','.join(sorted({*held, *missing}))}"
            )


def of_other_wikis(paths: Iterable[Path], lang: Lang) -> list[str]:
    """Exports that say they are of another language's wiki, with what they say; real ones are wrong at times."""
    found = []
    for path in paths:
        site = read_siteinfo(path)
        if site is not None and site.lang not in ("", lang) and site.dbname != f"{lang}wiki":
            found.append(f"{path}: says it is {site.dbname or site.lang}, and was read as {lang}; see --lang")
    return found


def is_pipe(path: Path) -> bool:
    """Whether a path can be read once only: `-`, a named pipe, `<(…)` of a shell."""
    return path == STDIN or path.is_fifo() or path.is_char_device()


def keep_pipes(inputs: Inputs, folder: Path) -> Inputs:
    """The inputs with the pages of pipes copied to `folder`, as pages are read more than once."""
    pages: dict[Lang, tuple[Path, ...]] = {}
    for lang, paths in inputs.pages.items():
        kept = [
            _kept(path, folder / f"{lang}-{n}") if is_pipe(path) else path for n, path in enumerate(paths)
        ]
        pages[lang] = tuple(kept)
    return replace(inputs, pages=pages)


def _kept(pipe: Path, copy: Path) -> Path:
    with (
        nullcontext(sys.stdin.buffer) if pipe == STDIN else open_file(pipe) as source,
        atomic_writer(copy) as out,
    ):
        shutil.copyfileobj(source, out, 1 << 20)
    try:
        plan_units([copy])
    except InputError as error:
        copy.unlink()
        name = "standard input" if pipe == STDIN else str(pipe)
        raise InputError(str(error).replace(str(copy), name)) from error
    return copy


@dataclass(frozen=True, slots=True)
class PageUnit:
    """A unit of a dump, or only its first `pages` pages; `number` counts the units of a language from 0."""

    dump: DumpUnit
    pages: int | None = None
    number: int = 0

    @property
    def name(self) -> str:
        return self.dump.name

    @property
    def size(self) -> int:
        return self.dump.size


def page_units(paths: Iterable[Path], *, limit: int, threads: int) -> Iterator[PageUnit]:
    """The units of page dumps, in order; with a limit, as many as hold the first `limit` articles."""
    units = plan_units(list(paths), threads=threads)
    if not limit:
        yield from (PageUnit(unit, number=number) for number, unit in enumerate(units))
        return
    left = limit
    for number, unit in enumerate(units):
        pages = 0
        for page in read_pages(unit, Problems()):
            pages += 1
            left -= is_article(page)
            if not left:
                break
        yield PageUnit(unit, pages, number)
        if not left:
            return


def is_article(page: Page) -> bool:
    """A page of the main namespace that is no redirect."""
    return page.ns == 0 and redirect_target(page) is None
