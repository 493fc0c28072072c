"""`kg2instruct annotate`: any text to records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from kg2instruct.cli import options as o

if TYPE_CHECKING:
    from kg2instruct.annotate import AnnotateOptions
    from kg2instruct.pipeline.units import Tally
    from kg2instruct.records import Lang


def annotate(
    text: Annotated[str | None, typer.Argument(help="A text, to be looked at; - for standard input.")] = None,
    inputs: Annotated[
        list[Path] | None,
        typer.Option("--input", help="JSON with `text`, plain text, a folder; repeatable. Needs --out."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write records to.")] = None,
    lang: Annotated[
        str | None, typer.Option("--lang", help="zh or en; told from the (first) text if left out.")
    ] = None,
    kb: o.Kb = None,
    schemas: o.Schemas = None,
    title: Annotated[str, typer.Option("--title", help="What TEXT is about, if it does not say so.")] = "",
    max_chars: o.MaxChars = None,
    sentences: Annotated[bool, typer.Option("--sentences", help="A record for each sentence.")] = False,
    keep_all: Annotated[bool, typer.Option("--keep-all", help="Keep passages that name nothing.")] = False,
    ner: Annotated[
        str,
        typer.Option(
            "--ner", metavar="LIBRARY:MODEL", help="Also names that a recogniser finds: spacy:MODEL."
        ),
    ] = "",
    as_json: o.Json = False,
    workers: o.Workers = None,
    engine: o.Engine = "local",
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many texts.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad line.")] = False,
    fresh: o.Fresh = False,
    quiet: o.Quiet = False,
) -> None:
    """Find the entities and relations in any text, by the names and claims of a knowledge base.

    Without --kb the knowledge base of the built-in sample is taken, to try it.
    """
    from kg2instruct.annotate import AnnotateOptions
    from kg2instruct.errors import ConfigError

    if (text is None) == (not inputs):
        raise ConfigError("name one text, or files, each with --input; a folder stands for all its files")
    if lang not in (None, "zh", "en"):
        raise ConfigError(f"--lang {lang}: names are known in zh and en")
    if text and _is_file(text):
        raise ConfigError(f"{text} is the name of a file; say --input {text} --out FILE to read it")
    options = AnnotateOptions(max_chars=max_chars or AnnotateOptions().max_chars, sentences=sentences)
    with _knowledge(kb) as store:
        if inputs:
            if out is None:
                raise ConfigError("--input needs --out FILE for the records")
            from kg2instruct.cluster import open_engine
            from kg2instruct.pipeline.annotating import AnnotateTexts, annotate_files

            stage = AnnotateTexts(
                cast("Lang", lang) if lang else _spoken_in(inputs, out),
                store,
                Path(schemas) if schemas else None,
                options,
                keep_all,
                ner,
            )
            show = o.make_progress(quiet=quiet)
            with open_engine(engine, workers) as opened, show("annotate", None) as shown:
                tally = annotate_files(
                    inputs,
                    out,
                    stage,
                    workers=workers or o.cores(),
                    fresh=fresh,
                    limit=limit,
                    strict=strict,
                    engine=opened,
                    progress=shown,
                )
            if not quiet:
                _summary(out, tally)
            return
        _one_text(text or "", title, lang, store, schemas, options, ner=ner, out=out, as_json=as_json)


def _one_text(
    text: str,
    title: str,
    lang: str | None,
    kb: Path,
    schemas: str | None,
    options: AnnotateOptions,
    *,
    ner: str,
    out: Path | None,
    as_json: bool,
) -> None:
    import sys

    from kg2instruct.annotate import Document, annotate_document
    from kg2instruct.annotate.ner import load_recogniser
    from kg2instruct.cli.show import results
    from kg2instruct.jsonl import encode, write_jsonl
    from kg2instruct.pipeline.context import text_context
    from kg2instruct.report.terminal import mention_lines, record_lines

    if text == "-":
        text = sys.stdin.read()
    known = cast("Lang", lang) if lang else _spoken(text)
    context = text_context(known, kb, Path(schemas) if schemas else None)
    recogniser = load_recogniser(ner) if ner else None
    examples = annotate_document(Document("text", text, title), context, options, recogniser).examples
    if out is not None:
        write_jsonl(out, examples)
    elif as_json:
        sys.stdout.write(b"".join(map(encode, examples)).decode())
    else:
        for example in examples:
            for line in (*record_lines(example), *mention_lines(example)):
                results.print(line, highlight=False, soft_wrap=True)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # far longer than a name, or of signs that no name has
        return False


def _spoken(text: str) -> Lang:
    return "zh" if any("\u3400" <= sign <= "\u9fff" for sign in text) else "en"


def _spoken_in(inputs: list[Path], out: Path) -> Lang:
    """The language of the first text of files."""
    from kg2instruct.annotate import input_files, read_documents

    texts = (document.text for document in read_documents(input_files(inputs, out=out), lambda _: None))
    return _spoken(next(filter(str.strip, texts), ""))


@contextmanager
def _knowledge(kb: str | None) -> Iterator[Path]:
    """The knowledge base named, else that of the sample."""
    if kb:
        yield Path(kb)
        return
    import tempfile

    from kg2instruct.pipeline.knowledge import build_knowledge_base
    from kg2instruct.sample import sample_paths

    with tempfile.TemporaryDirectory(prefix="kg2instruct-") as folder:
        store = Path(folder) / "kb"
        build_knowledge_base([sample_paths("zh").wikidata], store, progress=o.make_progress(quiet=True))
        yield store


def _summary(out: Path, tally: Tally) -> None:
    from rich.markup import escape

    from kg2instruct.cli.show import show_counts

    shown = ("texts", "passages", "passages with a triple", "triples")
    counts = {name: tally.counts[name] for name in shown}
    counts |= {name: n for name, n in sorted(tally.counts.items()) if name.startswith(("names", "lines"))}
    show_counts(str(out), counts, o.messages)
    for places in tally.examples.values():
        for place in places:
            o.messages.print(f"[yellow]left out[/] {escape(place)}", highlight=False, soft_wrap=True)
