"""`kg2instruct train pretrain|lora` and `merge`: signatures only, so that help loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from kg2instruct.cli.options import Config, Fresh, Out, Quiet, Seed, given, messages

if TYPE_CHECKING:
    from trainer.training.launch import Machines
    from trainer.training.options import Pretraining, Tuning, Whole

app = typer.Typer(help="Pretrain a model, or tune one on instruction rows.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class Run:
    """What every run is told, whatever it trains."""

    preset: Annotated[
        str, typer.Option("--preset", help="Settings that come with the project; `list` shows them.")
    ] = ""
    config: Config = None
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Any setting, such as optim.learning_rate=1e-4; repeatable."
        ),
    ] = None
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Steps in all, instead of epochs.")] = (
        None
    )
    seed: Seed = None
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the command; nothing is run.")] = False
    fresh: Fresh = False
    quiet: Quiet = False

    def flags(self, **more: object) -> dict[str, Any]:
        """What was given, these flags and `more`, under the names of the settings."""
        return given(**more, run__steps=self.steps, run__seed=self.seed)


@dataclass(frozen=True, slots=True)
class Places:
    """On which cards and machines a run takes place."""

    PANEL: ClassVar = "Several cards or machines"

    deepspeed: Annotated[
        str | None,
        typer.Option(
            "--deepspeed", help="zero1, zero2, zero3, zero2-offload, zero3-offload, or a file of its JSON."
        ),
    ] = None
    processes: Annotated[
        int, typer.Option("--processes", min=0, help="Processes of a machine; one a card by default.")
    ] = 0
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="Machines.")] = 1
    main: Annotated[
        str, typer.Option("--main", metavar="HOST:PORT", help="The first of several machines.")
    ] = ""
    hostfile: Annotated[str, typer.Option("--hostfile", help="DeepSpeed's list of machines.")] = ""

    def machines(self) -> Machines:
        """As the launcher takes them."""
        from trainer.training.launch import Machines

        return Machines(processes=self.processes, nodes=self.nodes, main=self.main, hostfile=self.hostfile)


def register(program: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("lora")(lora)
    app.command("pretrain")(pretrain)
    program.add_typer(app, name="train")
    program.command("merge")(merge)


def lora(
    *,
    out: Out = Path("out/lora"),
    data: Annotated[
        list[str] | None,
        typer.Option("--data", help="Dataset folder of build or mix, or file of rows; repeatable."),
    ] = None,
    base: Annotated[
        str | None, typer.Option("--base", help="Model to tune: folder or name on the Hub.")
    ] = None,
    push_to: Annotated[
        str, typer.Option("--push-to", metavar="REPO", help="Push the adapter to the Hub.")
    ] = "",
    public: Annotated[bool, typer.Option("--public/--private", help="Who sees a new repository.")] = False,
    run: Run,
    places: Places,
) -> None:
    """Tune a LoRA adapter on instruction rows; it learns from the answers only. Again: goes on from where it was."""
    from trainer.training.options import Tuning

    if _listed(run.preset):
        return
    if run.preset and base is None and (data or run.config):
        from trainer.training.settings import read_whole

        if whole := read_whole(run.preset):
            _whole(whole, run, given(data=data), out)
            return
    done = _run(Tuning, run, places, run.flags(base=base, data=data, run__deepspeed=places.deepspeed), out)
    if push_to and done:
        from trainer.training.publish import push_adapter

        typer.echo(push_adapter(out / "adapter", push_to, private=not public, told=_told(run.quiet)))


def pretrain(
    *,
    out: Out = Path("out/pretrain"),
    corpus: Annotated[
        str | None, typer.Option("--corpus", help="Folder of `kg2instruct corpus build`.")
    ] = None,
    base: Annotated[
        str | None, typer.Option("--base", help="Checkpoint to go on from: folder or name on the Hub.")
    ] = None,
    run: Run,
    places: Places,
) -> None:
    """Train all weights on a corpus, from scratch or from a checkpoint. Again: goes on from where it was."""
    from trainer.training.options import Pretraining

    if not _listed(run.preset):
        flags = run.flags(base=base, corpus=corpus, run__deepspeed=places.deepspeed)
        _run(Pretraining, run, places, flags, out)


def merge(
    adapter: Annotated[Path, typer.Argument(help="Adapter folder, or the run's folder.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the whole model.")],
    base: Annotated[
        str, typer.Option("--base", help="The adapter's base, where it is not found by its name.")
    ] = "",
    push_to: Annotated[
        str, typer.Option("--push-to", metavar="REPO", help="Push the model to the Hub.")
    ] = "",
    public: Annotated[bool, typer.Option("--public/--private", help="Who sees a new repository.")] = False,
    quiet: Quiet = False,
) -> None:
    """Make a whole model of an adapter and its base, and see that both answer alike."""
    from trainer.training.merge import merge as merged

    told = _told(quiet)
    found = merged(adapter, out, base=base)
    told(
        f"{out}: logits differ from base with adapter by at most {found.difference:.2g} "
        f"(their spread is {found.spread:.2g}, the adapter moves them by up to {found.moved:.2g})"
    )
    if push_to:
        from trainer.training.publish import push_model

        typer.echo(push_model(out, push_to, private=not public, told=told))


def _run(
    kind: type[Pretraining] | type[Tuning], run: Run, places: Places, flags: dict[str, Any], out: Path
) -> bool:
    """Start a run and show what came of it; False for a dry run."""
    from shlex import join

    from trainer.training.settings import read_settings
    from trainer.training.start import start

    asked: Any = read_settings(
        kind, preset=run.preset, path=run.config, settings=run.settings or (), flags=flags
    )
    told = _told(run.quiet)
    started = start(
        asked, out, places.machines(), dry_run=run.dry_run, fresh=run.fresh, quiet=run.quiet, told=told
    )
    if run.dry_run:
        typer.echo(join(started.line))
        return False
    if started.before:
        told(f"{out} was finished before; --fresh trains anew")
    told("  ".join(f"{name} {_short(value)}" for name, value in started.summary.items()))
    return True


def _whole(whole: Whole, run: Run, flags: dict[str, Any], out: Path) -> None:
    """A model from nothing to its score."""
    from trainer.training.options import Pretraining, Tuning
    from trainer.training.settings import read_settings
    from trainer.training.whole import check_whole, run_whole

    tuning = read_settings(
        Tuning, preset=run.preset, path=run.config, settings=run.settings or (), flags=flags
    )
    pretraining = read_settings(Pretraining, preset=run.preset)
    data = check_whole(tuning.data)
    found = run_whole(
        whole, pretraining, tuning, data, out, fresh=run.fresh, quiet=run.quiet, told=_told(run.quiet)
    )
    for name, score in found.items():
        typer.echo(f"{name:<12} F1 {score:.2f}")


def _listed(preset: str) -> bool:
    """Show the presets where that is asked for."""
    if preset != "list":
        return False
    from trainer.training.settings import about, presets

    for name in presets():
        typer.echo(f"{name:<18} {about(name)}")
    return True


def _told(quiet: bool) -> Any:
    from rich.markup import escape

    def told(line: str) -> None:
        if not quiet:
            messages.print(escape(line), highlight=False, soft_wrap=True)

    return told


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
