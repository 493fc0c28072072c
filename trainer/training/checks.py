"""What is looked at before a run: base, data, vocabulary, disk; each mistake in one line, before any long work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError, InputError
from trainer.training.bases import check_vocabulary, find_base, load_tokenizer, need_space, read_config
from trainer.training.options import Pretraining, Run, Tuning
from trainer.training.rows import has_rows
from trainer.training.tokenized import Report, tokenize

# Bytes a weight takes in a checkpoint of full training: the weight itself, and AdamW's three numbers in 32 bits.
_FULL = 2 + 12
_ADAPTER = 4 + 8


def check_tuning(settings: Tuning, out: Path, told: Callable[[str], None]) -> None:
    """Check the settings of a LoRA run and write its tokens."""
    if not settings.base:
        raise ConfigError("base: name the model to tune, by --base")
    if not settings.data:
        raise ConfigError("data: name a dataset folder or a file of rows, by --data")
    for name in settings.data:
        if not Path(name).exists():
            raise InputError(f"{name}: no such file or folder")
        has_rows(Path(name))
    if settings.lora.quantize:
        from trainer.training.quantized import check_quantized

        check_quantized()
    folder = find_base(settings.base)
    config, tokenizer = read_config(folder), load_tokenizer(folder)
    check_vocabulary(folder, config, tokenizer)
    _check_length(config, settings.batch.length)
    model = empty_model(config)
    from trainer.training.targets import adapter_size, check_targets

    check_targets(model, settings.lora)
    size = adapter_size(model, settings.lora)
    need_space(out, _copies(settings.run) * size * _ADAPTER, "the adapter and its checkpoints")
    for split, report in tokenize(settings, tokenizer, out).items():
        if report.read:
            told(f"{split}: {_shown(report)}")


def check_pretraining(settings: Pretraining, out: Path, told: Callable[[str], None]) -> None:
    """Check the settings of a pretraining run: corpus, tokenizer, model, and room for checkpoints."""
    if not settings.corpus:
        raise ConfigError("corpus: name a folder of `kg2instruct corpus build`, by --corpus")
    from trainer.training.attention import other_layers
    from trainer.training.pretrain_data import open_corpus
    from trainer.training.shapes import model_config, tokenizer_folder

    corpus = open_corpus(settings)
    config = model_config(settings, corpus)
    _check_length(config, settings.batch.length)
    if settings.batch.packing and (others := other_layers(config)):
        raise ConfigError(
            f"batch.packing: through layers of {', '.join(others)} the texts of a row would see each other; "
            "set batch.packing=false"
        )
    corpus.check_vocabulary(config.get_text_config().vocab_size, where=settings.base or "the model")
    if corpus.manifest.max_tokens > settings.batch.length:
        raise ConfigError(
            f"{settings.corpus}: its samples have up to {corpus.manifest.max_tokens} tokens, "
            f"batch.length is {settings.batch.length}; take at least as many"
        )
    load_tokenizer(tokenizer_folder(settings, corpus))
    weights = count_weights(empty_model(config))
    need_space(out, _copies(settings.run) * weights * _FULL, "the model and its checkpoints")
    tokens = sum(source.tokens() for source in corpus.manifest.sources)
    told(f"{weights / 1e6:,.1f} million weights, {tokens:,} tokens of {len(corpus.names)} sources")


def empty_model(config: Any) -> Any:
    """A model without weights, to look at."""
    from accelerate import init_empty_weights
    from transformers import AutoModelForCausalLM

    with init_empty_weights():
        try:
            return AutoModelForCausalLM.from_config(config)
        except ValueError as error:
            raise InputError(f"not a causal language model: {str(error).splitlines()[0]}") from error


def count_weights(model: Any) -> int:
    """How many numbers a model has."""
    return sum(parameter.numel() for parameter in model.parameters())


def _check_length(config: Any, length: int) -> None:
    longest = getattr(config.get_text_config(), "max_position_embeddings", None)
    if longest and length > longest:
        raise ConfigError(f"batch.length {length}: the model reads at most {longest} tokens")


def _copies(run: Run) -> int:
    return run.keep + 2  # one more while it is written, and the result


def _shown(report: Report) -> str:
    line = f"{report.rows:,} rows, {report.tokens:,} tokens, {report.learned:,} of them answers"
    reasons = [f"{count:,} {reason}" for reason, count in report.left_out.most_common()]
    return line + (f"; left out: {', '.join(reasons)}" if reasons else "")
