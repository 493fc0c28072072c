"""`kg2instruct predict`, `chat` and `serve`: using a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kg2instruct.cli import options as o

_MODEL, _DECODING, _CALLS = "Model", "Decoding", "Endpoint"


def _option(flag: str, help_: str, panel: str, **more: Any) -> Any:
    return typer.Option(flag, help=help_, rich_help_panel=panel, **more)


Model = Annotated[
    str,
    _option(
        "--model", "A folder or Hub name (base, merged or adapter); with --base-url, its name there.", _MODEL
    ),
]
Adapters = Annotated[
    list[str] | None, _option("--adapter", "LoRA adapter over the model, a folder or Hub name.", _MODEL)
]
Device = Annotated[
    str,
    _option("--device", "auto, cpu, cuda:1, mps; split: one model over all GPUs.", _MODEL),
]
Devices = Annotated[
    str,
    _option(
        "--device",
        "auto, cpu, cuda:1, mps; cuda: one process for each GPU; cuda:0,cuda:2; split: one model over all GPUs.",
        _MODEL,
    ),
]
Dtype = Annotated[str, _option("--dtype", "auto, float32, bfloat16 or float16.", _MODEL)]
Bits = Annotated[int | None, _option("--bits", "4 or 8: quantise the weights with bitsandbytes.", _MODEL)]
Plain = Annotated[bool, _option("--plain", "Prompts without a chat template.", _MODEL)]
System = Annotated[str, _option("--system", "What the model is told before each instruction.", _MODEL)]
MaxNewTokens = Annotated[int, _option("--max-new-tokens", "Most tokens of an answer.", _DECODING, min=1)]
Temperature = Annotated[
    float, _option("--temperature", "0: the likeliest token each time; above: drawn.", _DECODING, min=0)
]
TopP = Annotated[float, _option("--top-p", "Draw from the likeliest tokens of this share.", _DECODING)]
TopK = Annotated[int, _option("--top-k", "Draw from so many tokens; 0 for all.", _DECODING, min=0)]
Penalty = Annotated[float, _option("--repetition-penalty", "Above 1: repeat less.", _DECODING)]
Seed = Annotated[int, _option("--seed", "Seed of what is drawn.", _DECODING)]
BaseUrl = Annotated[
    str | None,
    _option("--base-url", "Ask an OpenAI-compatible endpoint; the key is OPENAI_API_KEY.", _CALLS),
]
Timeout = Annotated[float, _option("--timeout", "Seconds for one call.", _CALLS, min=0.1)]


def predict(
    rows: Annotated[Path, typer.Argument(help="Instruction rows: JSON lines, Parquet, or a dataset folder.")],
    model: Model,
    out: o.OutFile,
    split: Annotated[str, typer.Option("--split", help="Of a dataset folder.")] = "test",
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many rows.")] = None,
    adapter: Adapters = None,
    device: Devices = "auto",
    dtype: Dtype = "auto",
    bits: Bits = None,
    plain: Plain = False,
    system: System = "",
    batch_size: Annotated[
        int,
        _option(
            "--batch-size", "Rows at once; with 1 an answer depends on its own row alone.", _DECODING, min=1
        ),
    ] = 16,
    max_new_tokens: MaxNewTokens = 512,
    temperature: Temperature = 0.0,
    top_p: TopP = 1.0,
    top_k: TopK = 0,
    repetition_penalty: Penalty = 1.0,
    seed: Seed = 0,
    base_url: BaseUrl = None,
    concurrency: Annotated[int, _option("--concurrency", "Calls under way at once.", _CALLS, min=1)] = 16,
    timeout: Timeout = 120.0,
    tries: Annotated[int, _option("--tries", "Times a failed call is made.", _CALLS, min=1)] = 8,
    patience: Annotated[
        float, _option("--patience", "Seconds an endpoint may be down.", _CALLS, min=0)
    ] = 300.0,
    max_cost: Annotated[
        float | None, _option("--max-cost", "Most US dollars for all answers.", _CALLS, min=0)
    ] = None,
    price: Annotated[
        str | None, _option("--price", "INPUT,OUTPUT in US dollars a million tokens.", _CALLS)
    ] = None,
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
    from trainer.inference.decoding import Decoding

    job = predicting.Job(
        rows=rows,
        out=out,
        split=split,
        limit=limit,
        strict=strict,
        fresh=fresh,
        quiet=quiet,
        system=system,
        decoding=Decoding(
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
            repetition_penalty=repetition_penalty,
            max_new_tokens=max_new_tokens,
            seed=seed,
        ),
    )
    if base_url is not None:
        from kg2instruct.chat import CallOptions, find_model

        calls = CallOptions(
            base_url=base_url,
            concurrency=concurrency,
            timeout=timeout,
            tries=tries,
            patience=patience,
            max_cost=max_cost,
        )
        predicting.by_endpoint(job, find_model(model, price), calls)
        return
    from trainer.inference.model import ModelOptions

    options = ModelOptions(
        model=model,
        adapters=tuple(adapter or ()),
        dtype=dtype,
        bits=bits,
        device=device,
        plain=plain,
        system=system,
    )
    predicting.by_model(job, options, batch_size)


def chat(
    model: Model,
    adapter: Adapters = None,
    device: Device = "auto",
    dtype: Dtype = "auto",
    bits: Bits = None,
    plain: Plain = False,
    system: System = "",
    max_new_tokens: MaxNewTokens = 512,
    temperature: Temperature = 0.0,
    top_p: TopP = 1.0,
    top_k: TopK = 0,
    repetition_penalty: Penalty = 1.0,
    seed: Seed = 0,
    base_url: BaseUrl = None,
    timeout: Timeout = 120.0,
) -> None:
    """Talk with a model in the terminal; /help tells the commands."""
    from trainer.inference import talking
    from trainer.inference.decoding import Decoding

    decoding = Decoding(
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
        repetition_penalty=repetition_penalty,
        max_new_tokens=max_new_tokens,
        seed=seed,
    )
    answerers = talking.answerers(
        model, adapter or (), base_url, timeout, device=device, dtype=dtype, bits=bits, plain=plain
    )
    talking.chat(answerers, decoding, system)


def serve(
    model: Model,
    adapter: Adapters = None,
    device: Device = "auto",
    dtype: Dtype = "auto",
    bits: Bits = None,
    plain: Plain = False,
    base_url: BaseUrl = None,
    timeout: Timeout = 120.0,
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

    answerers = talking.answerers(
        model, adapter or (), base_url, timeout, device=device, dtype=dtype, bits=bits, plain=plain
    )
    talking.serve(answerers, labels, lang, host, port)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("predict")(predict)
    app.command("chat")(chat)
    app.command("serve")(serve)
