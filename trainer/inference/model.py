"""Models of transformers, loaded: base, merged, or adapters over a base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg2instruct.errors import ConfigError, InputError, MissingExtra
from kg2instruct.pipeline.identity import checksum
from trainer.inference.adapters import Adapter, check_adapter, find_adapter, quiet_peft
from trainer.training.folder import model_folder

if TYPE_CHECKING:
    from trainer.prompts import Conversation

DTYPES = ("auto", "float32", "bfloat16", "float16")
BASE = "base"  # the name under which a model without its adapters is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """Which model, and how it is held in memory."""

    model: str
    """A folder or a name on the Hub: a base or merged model, or an adapter, which names its base."""
    adapters: tuple[str, ...] = ()
    """Adapters over the model; the first is used unless another is asked for."""
    dtype: str = "auto"
    """auto: the model's own on a GPU that has it, float32 on a CPU."""
    bits: int | None = None
    """Weights quantised by bitsandbytes."""
    device: str = "auto"
    """auto (the first GPU, else the CPU), cpu, cuda, cuda:1, mps, or split: one model over all GPUs."""
    plain: bool = False
    """Prompts without a chat template, as for a model that was never tuned to one."""
    system: str = ""
    """What the model is told before each instruction."""

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ConfigError(f"dtype is one of {', '.join(DTYPES)}, not {self.dtype!r}")
        if self.bits not in (None, 4, 8):
            raise ConfigError(f"bits is 4 or 8, not {self.bits}")


@dataclass(slots=True)
class LocalModel:
    """A model and its tokenizer. `limit` is the most tokens of prompt and answer together."""

    name: str
    model: Any
    tokenizer: Any
    limit: int
    stops: tuple[int, ...]
    files: tuple[str, ...] = ()
    """Checksums of its files, or the Hub's for them."""
    bits: int | None = None
    plain: bool = False
    system: str = ""
    adapters: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    def prompt(self, turns: Conversation) -> list[int]:
        """The tokens before an answer."""
        from trainer.prompts import prompt_ids

        if self.plain:
            text = "\n\n".join(turn["content"] for turn in turns) + "\n"
            return list(self.tokenizer(text)["input_ids"])
        return prompt_ids(self.tokenizer, turns)

    @contextmanager
    def using(self, adapter: str | None) -> Iterator[None]:
        """The model with an adapter, or without any for `base`; the first adapter for null."""
        if not self.adapters:
            yield
            return
        if adapter != BASE:
            self.model.set_adapter(adapter or self.adapters[0])
        with self.model.disable_adapter() if adapter == BASE else nullcontext():
            yield


def load_model(options: ModelOptions) -> LocalModel:
    """Load a model; what does not fit together is told before weights are read.

    Raises InputError for what is no model and for an adapter of another base, MissingExtra.
    """
    transformers = _transformers()
    base, adapters = _parts(options)
    config = _from_hub(transformers.AutoConfig, base)
    tokenizer = load_tokenizer(options)
    for adapter in adapters:
        check_adapter(adapter, config, base)
    device, placed = _device(options.device)
    model = _from_hub(
        transformers.AutoModelForCausalLM,
        base,
        dtype=_dtype(options.dtype, config, device),
        quantization_config=quantization(options.bits),
        device_map=placed,
    )
    if placed is None:
        model.to(device)
    _check_vocabulary(model, tokenizer, base)
    stops = _stops(model, tokenizer, plain=options.plain)
    model.generation_config = transformers.GenerationConfig()  # ours alone says how tokens are chosen
    names = tuple(x.name for x in adapters)
    if adapters:
        model = _with_adapters(model, adapters)
    return LocalModel(
        name=options.model,
        model=model.eval(),
        tokenizer=tokenizer,
        limit=_limit(config, tokenizer),
        stops=stops,
        files=tuple(_files(base, config)) + tuple(x for a in adapters for x in _files(str(a.folder), None)),
        bits=options.bits,
        plain=options.plain,
        system=options.system,
        adapters=names,
        notes=[x.note(base) for x in adapters if x.note(base)],
    )


def load_tokenizer(options: ModelOptions) -> Any:
    """The tokenizer of a model; the first adapter's own, where it has one, with the template it was trained on."""
    from trainer.prompts import ensure_template

    base, adapters = _parts(options)
    own = next((x.folder for x in adapters if (x.folder / "tokenizer_config.json").exists()), None)
    tokenizer = _from_hub(_transformers().AutoTokenizer, str(own) if own else base)
    ensure_template(tokenizer)
    return tokenizer


def quantization(bits: int | None) -> Any:
    """What transformers is told of quantisation: 4 is NF4, computed in bfloat16; 8 is LLM.int8()."""
    if bits is None:
        return None
    transformers = _transformers()
    if find_spec("bitsandbytes") is None:
        raise MissingExtra("bitsandbytes", "quantized")
    if bits == 8:
        return transformers.BitsAndBytesConfig(load_in_8bit=True)
    import torch

    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _transformers() -> Any:
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "transformers", "trainer") from error
    return transformers


def _parts(options: ModelOptions) -> tuple[str, list[Adapter]]:
    """The base model, and the adapters over it."""
    adapters = [find_adapter(name) for name in options.adapters]
    for name, adapter in zip(options.adapters, adapters, strict=True):
        if adapter is None:
            raise InputError(f"{name}: no adapter: it has no adapter_config.json")
    found = [x for x in adapters if x is not None]
    if (itself := find_adapter(options.model)) is not None:
        base, found = itself.base_model(), [itself, *found]
    else:
        base = str(model_folder(Path(options.model)) or options.model)
    names = [adapter.name for adapter in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"two adapters are called {twice[0]}: rename the folder of one")
    return base, found


def _from_hub(kind: Any, name: str, **more: Any) -> Any:
    """`kind.from_pretrained`, its errors in a line."""
    try:
        return kind.from_pretrained(name, **{k: v for k, v in more.items() if v is not None})
    except (OSError, ValueError) as error:
        if Path(name).is_dir():
            raise InputError(f"{name}: not a model that can be loaded: {_first_line(error)}") from error
        raise InputError(
            f"{name}: neither a folder nor a model that the Hub gives us: {_first_line(error)}"
        ) from error


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _device(name: str) -> tuple[str, str | None]:
    """The device, and how transformers is to place the model where it is not moved there whole."""
    import torch

    cuda = torch.cuda.is_available()
    if name == "auto":
        mps = torch.backends.mps.is_available()
        return ("cuda:0" if cuda else "mps" if mps else "cpu"), None
    if name.startswith("cuda") or name == "split":
        if not cuda:
            raise ConfigError(f"device {name}: there is no GPU that torch can use; try cpu")
        if name == "split":
            return "cuda:0", "auto"
    try:
        torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"device {name}: expected auto, cpu, cuda, cuda:1, mps or split") from error
    return name, None


def _dtype(name: str, config: Any, device: str) -> Any:
    import torch

    if name != "auto":
        return getattr(torch, name)
    if device == "cpu":
        return torch.float32
    own = getattr(config, "dtype", None) or torch.bfloat16
    old_card = device.startswith("cuda") and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.float16 if own == torch.bfloat16 and old_card else own


def _limit(config: Any, tokenizer: Any) -> int:
    """The most positions of a model; tokenizers without a limit state an enormous one."""
    text = config.get_text_config()
    known = [getattr(text, "max_position_embeddings", None), tokenizer.model_max_length]
    return int(min(x for x in (*known, 1 << 20) if x))


def _files(name: str, config: Any) -> Iterator[str]:
    """What tells a model from another one of the same name."""
    if not Path(name).is_dir():
        yield f"{name}@{getattr(config, '_commit_hash', None)}"
        return
    for file in sorted(Path(name).iterdir()):
        if file.suffix in (".safetensors", ".bin", ".json", ".jinja", ".model"):
            yield f"{file.name}:{checksum(file)}"


def _check_vocabulary(model: Any, tokenizer: Any, base: str) -> None:
    rows = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        raise InputError(
            f"{base}: the tokenizer has {len(tokenizer)} tokens, the model only {rows}: they do not belong together"
        )


def _stops(model: Any, tokenizer: Any, *, plain: bool) -> tuple[int, ...]:
    from trainer.prompts import stop_ids

    own = model.generation_config.eos_token_id
    ids: Sequence[int] = own if isinstance(own, list) else [] if own is None else [own]
    end = [tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else []
    return tuple(dict.fromkeys([*ids, *(end if plain else stop_ids(tokenizer))]))


def _with_adapters(model: Any, adapters: Sequence[Adapter]) -> Any:
    from peft import PeftModel

    first, *others = adapters
    with quiet_peft():
        wrapped = PeftModel.from_pretrained(model, str(first.folder), adapter_name=first.name)
        for other in others:
            wrapped.load_adapter(str(other.folder), adapter_name=other.name)
    return wrapped
