"""`kg2instruct predict`, `chat` and `serve`: using a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import typer

from kg2instruct.cli import options as o
from kg2instruct.cli.calls import Calls, Endpoint

if TYPE_CHECKING:
    from trainer.inference.answerers import Answerer
    from trainer.inference.decoding import Decoding
    from trainer.inference.model import ModelOptions

_MODEL = "Model"


def _option(flag: str, help_: str, panel: str, **more: Any) -> Any:
    return typer.Option(flag, help=help_, rich_help_panel=panel, **more)


Model = Annotated[
    str,
    _option(
        "--model", "A folder or Hub name (base, merged or adapter); with --base-url, its name there.", _MODEL
    ),
]
System = Annotated[str, _option("--system", "What the model is told before each instruction.", _MODEL)]
_DEVICES = "auto, cpu, cuda:1, mps; split: one model over all GPUs"


@dataclass(frozen=True, slots=True)
class Weights:
    """How a model is held in memory."""

    PANEL: ClassVar = _MODEL

    adapter: Annotated[
        list[str] | None, typer.Option("--adapter", help="LoRA adapter over the model, a folder or Hub name.")
    ] = None
    device: Annotated[str, typer.Option("--device", help=f"{_DEVICES}.")] = "auto"
    dtype: Annotated[str, typer.Option("--dtype", help="auto, float32, bfloat16 or float16.")] = "auto"
    bits: Annotated[
        int | None, typer.Option("--bits", help="4 or 8: quantise the weights with bitsandbytes.")
    ] = None
    plain: Annotated[bool, typer.Option("--plain", help="Prompts without a chat template.")] = False

    def options(self, model: str, system: str = "") -> ModelOptions:
        """For the model of that name."""
        from trainer.inference.model import ModelOptions

        return ModelOptions(
            model=model,
            adapters=tuple(self.adapter or ()),
            dtype=self.dtype,
            bits=self.bits,
            device=self.device,
            plain=self.plain,
            system=system,
        )

    def check_unused(self) -> None:
        """Raise ConfigError for what says how a model is loaded here, where it answers elsewhere."""
        from kg2instruct.errors import ConfigError

        usual = type(self)()
        given = [f"--{x.name}" for x in fields(self) if getattr(self, x.name) != getattr(usual, x.name)]
        if given:
            raise ConfigError(
                f"{', '.join(given)}: for a model that is loaded here; with --base-url the server decides it, and "
                "--model names one of its models or adapters"
            )


@dataclass(frozen=True, slots=True)
class Copies(Weights):
    """How one model or several of its kind are held in memory."""

    device: Annotated[
        str, typer.Option("--device", help=f"{_DEVICES}; cuda, or cuda:0,cuda:2: one process for each GPU.")
    ] = "auto"


@dataclass(frozen=True, slots=True)
class Draws:
    """How tokens are chosen."""

    PANEL: ClassVar = "Decoding"

    max_new_tokens: Annotated[
        int, typer.Option("--max-new-tokens", help="Most tokens of an answer.", min=1)
    ] = 512
    temperature: Annotated[
        float, typer.Option("--temperature", help="0: the likeliest token each time; above: drawn.", min=0)
    ] = 0.0
    top_p: Annotated[float, typer.Option("--top-p", help="Draw from the likeliest tokens of this share.")] = (
        1.0
    )
    top_k: Annotated[int, typer.Option("--top-k", help="Draw from so many tokens; 0 for all.", min=0)] = 0
    repetition_penalty: Annotated[
        float, typer.Option("--repetition-penalty", help="Above 1: repeat less.")
    ] = 1.0
    seed: Annotated[int, typer.Option("--seed", help="Seed of what is drawn.")] = 0

    def decoding(self) -> Decoding:
        """As models take it."""
        from trainer.inference.decoding import Decoding

        return Decoding(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            repetition_penalty=self.repetition_penalty,
            max_new_tokens=self.max_new_tokens,
            seed=self.seed,
        )


def predict(
    *,
    rows: Annotated[Path, typer.Argument(help="Instruction rows: JSON lines, Parquet, or a dataset folder.")],
    model: Model,
    out: o.OutFile,
    split: Annotated[str, typer.Option("--split", help="Of a dataset folder.")] = "test",
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many rows.")] = None,
    system: System = "",
    weights: Copies,
    batch_size: Annotated[
        int,
        _option(
            "--batch-size", "Rows at once; with 1 an answer depends on its own row alone.", Draws.PANEL, min=1
        ),
    ] = 16,
    draws: Draws,
    calls: Calls,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first row that cannot be read.")
    ] = False,
    fresh: o.Fresh = False,
    quiet: o.Quiet = False,
) -> None:
    """Answer instruction rows with a model; `evaluate ROWS --answers FILE` scores the answers.

    Greedy by default. The same command goes on where it stopped.
    """
    from trainer.inference import predicting

    job = predicting.Job(
        rows=rows,
        out=out,
        split=split,
        limit=limit,
        strict=strict,
        fresh=fresh,
        quiet=quiet,
        system=system,
        decoding=draws.decoding(),
    )
    if calls.base_url is not None:
        weights.check_unused()
        predicting.by_endpoint(job, calls.model(model), calls.options())
    else:
        predicting.by_model(job, weights.options(model, system), batch_size)


def chat(*, model: Model, system: System = "", weights: Weights, draws: Draws, endpoint: Endpoint) -> None:
    """Talk with a model in the terminal; /help tells the commands."""
    from trainer.inference import talking

    talking.chat(_answerers(model, weights, endpoint), draws.decoding(), system)


def serve(
    *,
    model: Model,
    weights: Weights,
    endpoint: Endpoint,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="File of your own labels to choose from.")
    ] = None,
    lang: Annotated[
        Literal["zh", "en"] | None,
        typer.Option("--lang", help="Language of the first instruction; the browser's, if none."),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, help="Port to listen at; 0 for any.")] = 7860,
) -> None:
    """Serve a web page that builds instructions and shows what a model finds: table, graph, marks in the text."""
    from trainer.inference import talking

    talking.serve(_answerers(model, weights, endpoint), labels, lang, host, port)


def _answerers(model: str, weights: Weights, endpoint: Endpoint) -> Mapping[str, Answerer]:
    from kg2instruct.chat import CallOptions
    from trainer.inference import talking

    if endpoint.base_url is not None:
        weights.check_unused()
        return talking.by_endpoint(model, CallOptions(base_url=endpoint.base_url, timeout=endpoint.timeout))
    return talking.by_model(weights.options(model))


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("predict")(predict)
    app.command("chat")(chat)
    app.command("serve")(serve)
