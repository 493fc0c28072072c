"""Models to pretrain: from a checkpoint, or made from a shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kg2instruct.errors import InputError, MissingExtra
from trainer.corpus.reader import Corpus
from trainer.training.bases import find_base, read_config
from trainer.training.options import Pretraining, Shape

_CLASSES = {
    "llama": "LlamaConfig",
    "qwen2": "Qwen2Config",
    "qwen3": "Qwen3Config",
    "mistral": "MistralConfig",
}
_MULTIPLE = 64  # sizes that cards multiply fast


def tokenizer_folder(settings: Pretraining, corpus: Corpus) -> str:
    """The tokenizer that goes with the model: as set, the base's, or the corpus's own."""
    if settings.tokenizer:
        if not Path(settings.tokenizer).exists():
            raise InputError(f"{settings.tokenizer}: no such tokenizer")
        return settings.tokenizer
    return find_base(settings.base) if settings.base else str(corpus.tokenizer_folder)


def model_config(settings: Pretraining, corpus: Corpus) -> Any:
    """The configuration of the model; of one from scratch, with the corpus's vocabulary."""
    if settings.shape is None:
        return read_config(find_base(settings.base))
    mark = corpus.manifest.tokenizer
    return make_config(settings.shape, mark.vocabulary, settings.batch.length, mark.bos, mark.eos)


def make_config(shape: Shape, vocabulary: int, length: int, bos: int | None, eos: int | None) -> Any:
    """transformers' configuration of a shape; the vocabulary is rounded up to a multiple of 64."""
    try:
        import transformers
    except ImportError as error:
        raise MissingExtra("transformers", "trainer") from error
    kind = getattr(transformers, _CLASSES[shape.family])
    wide = shape.feed_forward or up(shape.hidden * 8 // 3)
    more = {"head_dim": shape.hidden // shape.heads} if shape.family in ("qwen3", "mistral") else {}
    return kind(
        vocab_size=up(vocabulary),
        hidden_size=shape.hidden,
        intermediate_size=wide,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads or shape.heads,
        max_position_embeddings=shape.positions or length,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=shape.tied,
        bos_token_id=bos,
        eos_token_id=eos,
        pad_token_id=None,
        **more,
    )


def up(size: int) -> int:
    """The next multiple of 64."""
    return -(-size // _MULTIPLE) * _MULTIPLE
