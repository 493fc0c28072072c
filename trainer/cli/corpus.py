"""`kg2instruct corpus`: pretraining corpora built, merged and looked into; only signatures at the top."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg2instruct.cli.options import Fresh, Json, Out, Quiet, Seed, Workers, cores, make_progress, messages

app = typer.Typer(
    help="Corpora for pretraining: cleaned, deduplicated, tokenised, in Megatron-Core's format.",
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder made by `corpus build`.")]


@app.command()
def build(
    recipe: Annotated[Path, typer.Argument(help="Recipe file (YAML): a tokenizer and sources.")],
    out: Out,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", min=16, help="Longest sample.  \\[default: 1024]")
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option("--tokenizer", metavar="PATH", help="Its folder or tokenizer.json.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override the recipe, such as SOURCE.path=FILE."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="The first so many documents of each source.")
    ] = None,
    seed: Seed = None,
    workers: Workers = None,
    fresh: Fresh = False,
    strict: Annotated[
        bool, typer.Option("--strict/--tolerant", help="Stop at the first bad record, or count it.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Build a corpus: clean, deduplicate, tokenise, split into samples of whole sentences."""
    import dataclasses
    import json

    from rich.markup import escape

    from trainer.corpus.build import build_corpus
    from trainer.corpus.recipe_file import read_recipe
    from trainer.corpus.show import show_stats

    given = [*(settings or ())]
    quoted = json.dumps(str(tokenizer)) if tokenizer else None  # a folder may be called `no`
    for key, value in (("tokenizer", quoted), ("max_tokens", max_tokens), ("seed", seed)):
        given += [f"{key}={value}"] if value is not None else []
    asked = read_recipe(recipe, settings=given)
    if limit is not None:
        limited = tuple(dataclasses.replace(source, limit=limit) for source in asked.sources)
        asked = dataclasses.replace(asked, sources=limited)
    summary = build_corpus(
        asked,
        out,
        workers=workers or cores(),
        fresh=fresh,
        strict=strict,
        progress=make_progress(quiet=quiet),
    )
    if quiet:
        return
    if summary.finished_before:
        messages.print(
            f"[green]{escape(str(out))} was finished before[/]; --fresh builds it anew", soft_wrap=True
        )
    show_stats(summary.stats, messages)
    messages.print(
        f"[bold]{escape(str(out))}[/]  kg2instruct corpus inspect {escape(str(out))}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def inspect(
    folder: Folder,
    source: Annotated[str | None, typer.Option("--source", help="One source alone.")] = None,
    samples: Annotated[
        int, typer.Option("--samples", min=0, help="How many samples of each source to show.")
    ] = 2,
    drops: Annotated[
        int, typer.Option("--drops", min=0, help="How many dropped documents of each reason to show.")
    ] = 0,
    chars: Annotated[int, typer.Option("--chars", min=1, help="Longest text shown of each.")] = 400,
    verify: Annotated[bool, typer.Option("--verify", help="Read every byte and check its hash.")] = False,
    blend: Annotated[
        bool, typer.Option("--blend", help="Print weights and prefixes for Megatron's --data-path, no more.")
    ] = False,
    as_json: Json = False,
    seed: Seed = None,
) -> None:
    """Show what a corpus holds: counts, lengths, samples as text, what was dropped."""
    from trainer.corpus.reader import Corpus
    from trainer.corpus.show import show_corpus, to_json

    corpus = Corpus.open(folder)
    if verify:
        corpus.verify()
        messages.print("[green]every byte is as it was written[/]")
    if blend:
        typer.echo(corpus.blend())
    elif as_json:
        typer.echo(to_json(corpus, source))
    else:
        show_corpus(corpus, source, samples=samples, drops=drops, chars=chars, seed=seed or 0)


@app.command()
def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR…", help="Folders made by `corpus build`.")],
    out: Out,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", metavar="SOURCE=WEIGHT", help="Another weight of a source; repeatable."),
    ] = None,
) -> None:
    """Put corpora of one tokenizer together, without tokenising again; sources of one name become one."""
    from trainer.corpus.merge import merge_corpora, read_weights

    manifest = merge_corpora(folders, out, weights=read_weights(weight or ()))
    names = ", ".join(source.name for source in manifest.sources)
    messages.print(
        f"[bold]{out}[/]  {len(manifest.sources)} sources: {names}", highlight=False, soft_wrap=True
    )
