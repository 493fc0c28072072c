"""All settings of training, as dataclasses that a YAML file fills; sections are named after what they decide.

base: Qwen/Qwen2.5-7B
data: [out/zh]
batch: {micro: 4, global: 128, length: 2048}
optim: {learning_rate: 2e-4, schedule: cosine}
lora: {r: 16, alpha: 32}
run: {epochs: 3, deepspeed: zero2}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kg2instruct.errors import ConfigError

Precision = Literal["bf16", "fp16", "fp32"]
Schedule = Literal["cosine", "linear", "wsd", "constant"]


def _refuse(section: str, wrong: list[str]) -> None:
    if wrong:
        raise ConfigError("; ".join(f"{section}: {line}" for line in wrong))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How much goes into a step."""

    micro: int = 1
    """Rows a process works on at once."""
    accumulate: int = 0
    """Micro-batches a process adds up before a step; 0 to follow from `rows`."""
    rows: int = 0
    """Rows of a step over all processes, the global batch; 0 for micro × accumulate × processes."""
    length: int = 1024
    """Tokens of a row."""
    packing: bool = True
    """Put several documents or conversations into a row; they do not see each other."""

    def __post_init__(self) -> None:
        wrong = []
        if self.micro < 1 or self.length < 2:
            wrong.append("micro is at least 1 and length at least 2")
        if self.rows and self.accumulate:
            wrong.append("give either rows (of a step) or accumulate, not both")
        if self.rows and self.rows % self.micro:
            wrong.append(f"rows {self.rows} is no multiple of micro {self.micro}")
        _refuse("batch", wrong)

    def accumulation(self, processes: int) -> int:
        """Micro-batches of a step for so many processes. Raises ConfigError where rows cannot be divided."""
        if not self.rows:
            return max(1, self.accumulate)
        at_once = self.micro * processes
        if self.rows % at_once:
            raise ConfigError(
                f"batch: rows {self.rows} is no multiple of micro {self.micro} × {processes} processes; "
                f"take rows {max(1, round(self.rows / at_once)) * at_once} or another micro"
            )
        return self.rows // at_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Optim:
    """The optimizer (AdamW) and its schedule."""

    learning_rate: float = 2e-4
    schedule: Schedule = "cosine"
    """wsd: warm up, stay, decay over the last `decay` of the steps."""
    warmup: float = 0.03
    """Share of the steps over which the rate rises."""
    decay: float = 0.1
    least: float = 0.1
    """Where cosine and wsd end, as a share of the rate."""
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.95
    epsilon: float = 1e-8
    clip: float = 1.0
    """Longest gradient; 0 for no clipping."""

    def __post_init__(self) -> None:
        shares = ("warmup", "decay", "least", "beta1", "beta2")
        wrong = [
            f"{x} is a share between 0 and 1, not {getattr(self, x)}"
            for x in shares
            if not 0 <= getattr(self, x) <= 1
        ]
        if self.learning_rate <= 0:
            wrong.append(f"learning_rate is above 0, not {self.learning_rate}")
        if self.warmup + self.decay > 1 and self.schedule == "wsd":
            wrong.append("warmup and decay are together at most 1")
        _refuse("optim", wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How long, how exact, what is kept and told."""

    epochs: float = 1.0
    steps: int = 0
    """Steps in all; wins over epochs."""
    precision: Precision = "bf16"
    """fp16 for cards before Ampere, fp32 for processors."""
    activation_checkpointing: bool = True
    """Compute activations anew going backward: less memory, a third more work."""
    attention: str = ""
    """sdpa, flash_attention_2, eager …; the library's choice if empty."""
    deepspeed: str = ""
    """zero1, zero2, zero3, zero2-offload, zero3-offload or a file of DeepSpeed's own JSON."""
    save_steps: int = 500
    keep: int = 2
    """Checkpoints that stay."""
    evaluate_steps: int = 500
    """Steps between evaluations on held-out data; 0 for none but the last."""
    log_steps: int = 10
    report: tuple[Literal["tensorboard", "wandb"], ...] = ()
    tflops: float = 0.0
    """Peak of a card in its precision, in TFLOP/s, for MFU; known cards need none."""
    seed: int = 0

    def __post_init__(self) -> None:
        wrong = [f"{x} is at least 1" for x in ("save_steps", "keep", "log_steps") if getattr(self, x) < 1]
        if not self.steps and self.epochs <= 0:
            wrong.append("epochs is above 0, or give steps")
        _refuse("run", wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """LoRA and its variants."""

    r: int = 16
    alpha: int = 32
    dropout: float = 0.05
    targets: tuple[str, ...] = ("all-linear",)
    """Names of modules (`q_proj`), or all linear ones but the output."""
    rslora: bool = False
    """Scale by alpha / √r instead of alpha / r."""
    dora: bool = False
    """Learn magnitude and direction apart."""
    quantize: Literal["", "4bit", "8bit"] = ""
    """QLoRA: the base in 4 or 8 bits; needs bitsandbytes."""

    def __post_init__(self) -> None:
        wrong = [f"{x} is at least 1" for x in ("r", "alpha") if getattr(self, x) < 1]
        if not 0 <= self.dropout < 1:
            wrong.append(f"dropout is a share below 1, not {self.dropout}")
        if not self.targets:
            wrong.append("targets: name modules, or all-linear")
        _refuse("lora", wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A model to be made from scratch; the tokenizer gives the vocabulary."""

    family: Literal["llama", "qwen2", "qwen3", "mistral"] = "llama"
    hidden: int = 2048
    layers: int = 16
    heads: int = 16
    kv_heads: int = 0
    """Fewer heads for keys and values (grouped attention); 0 for as many as heads."""
    feed_forward: int = 0
    """Width of the feed-forward part; 0 for 8/3 of hidden, rounded up to a multiple of 64."""
    tied: bool = False
    """Share the embeddings of input and output."""
    rope_theta: float = 10_000.0
    positions: int = 0
    """Longest text in tokens; 0 for the batch's length."""

    def __post_init__(self) -> None:
        wrong = [f"{x} is at least 1" for x in ("hidden", "layers", "heads") if getattr(self, x) < 1]
        if not wrong and self.hidden % self.heads:
            wrong.append(f"hidden {self.hidden} is no multiple of heads {self.heads}")
        if not wrong and self.kv_heads and self.heads % self.kv_heads:
            wrong.append(f"heads {self.heads} is no multiple of kv_heads {self.kv_heads}")
        _refuse("shape", wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretraining:
    """`kg2instruct train pretrain`: all weights, on a corpus of `kg2instruct corpus build`."""

    corpus: str = ""
    base: str = ""
    """A checkpoint to go on from: folder or name on the Hub."""
    shape: Shape | None = None
    """A model from scratch, if there is no base."""
    tokenizer: str = ""
    """Of a model from scratch; the corpus's own if empty."""
    batch: Batch = field(default_factory=Batch)
    optim: Optim = field(default_factory=lambda: Optim(learning_rate=3e-4))
    run: Run = field(default_factory=Run)

    def __post_init__(self) -> None:
        if bool(self.base) == (self.shape is not None):
            raise ConfigError("give either base (a checkpoint to go on from) or shape (a model from scratch)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """`kg2instruct train lora`: an adapter, on instruction rows, learning from the answers only."""

    base: str = ""
    """Folder or name on the Hub."""
    data: tuple[str, ...] = ()
    """Dataset folders of `build` or `mix`, files of rows (.jsonl, .parquet)."""
    tasks: tuple[str, ...] = ()
    """Only rows of these tasks."""
    formats: tuple[str, ...] = ()
    """Only rows of these output formats."""
    langs: tuple[str, ...] = ()
    system: str = ""
    """A system message before each conversation."""
    most_left_out: float = 0.1
    """Largest share of rows that may be too long or without an answer; more ends the run before it starts."""
    lora: Adapter = field(default_factory=Adapter)
    batch: Batch = field(default_factory=lambda: Batch(micro=4))
    optim: Optim = field(default_factory=lambda: Optim(weight_decay=0.0, beta2=0.999))
    run: Run = field(default_factory=lambda: Run(epochs=3.0))

    def __post_init__(self) -> None:
        if not 0 <= self.most_left_out <= 1:
            raise ConfigError(f"most_left_out is a share between 0 and 1, not {self.most_left_out}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a small model is asked, and how its data are made of the records of a dataset folder."""

    lang: str = "zh"
    types: tuple[str, ...] = ("地理地区",)
    """Entity types that it learns to find."""
    format: str = "lines"
    max_chars: int = 40
    """Texts are cut into sentences of about so many characters."""
    copies: int = 100
    """Copies of each record with other names, beside the record itself."""
    vocabulary: int = 2500
    seed: int = 0
