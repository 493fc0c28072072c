"""Cross-encoders for natural-language inference: how likely premises entail hypotheses.

    model = load_entailment("MoritzLaurer/mDeBERTa-v3-base-mnli-xnli")
    model([("Marie Curie was born in Warsaw.", "The birthplace of Marie Curie is Warsaw.")])  # [0.99]

Pairs are tokenized at once, sorted by length and batched by how many tokens a batch has with its padding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kg2instruct.errors import ConfigError, InputError, MissingExtra

# Tokens of a batch, with padding; what a GPU is kept busy with, and what fits a CPU's cache.
_GPU_TOKENS, _CPU_TOKENS = 32_768, 2_048
# Pairs tokenized together.
_WINDOW = 8_192
_ENTAILS = re.compile(r"entail", re.IGNORECASE)
_NOT = re.compile(r"not|non|contra|neutral", re.IGNORECASE)


class EntailmentModel:
    """A sequence classifier over pairs. Calling it gives a probability of entailment for each pair."""

    def __init__(self, name: str, model: Any, tokenizer: Any, *, batch_tokens: int | None = None) -> None:
        self.name, self.model, self.tokenizer = name, model, tokenizer
        self.label = entailment_label(name, model.config.id2label)
        self.device = model.device
        self.batch_tokens = batch_tokens or (_CPU_TOKENS if self.device.type == "cpu" else _GPU_TOKENS)
        most = getattr(model.config, "max_position_embeddings", 512) or 512
        self.limit = min(most, tokenizer.model_max_length or most)

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Probabilities in the order of the pairs; premises that are too long lose their end."""
        found: list[float] = []
        for start in range(0, len(pairs), _WINDOW):
            found += self._window(pairs[start : start + _WINDOW])
        return found

    def _window(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        import torch

        encoded = self.tokenizer(
            [premise for premise, _ in pairs],
            [hypothesis for _, hypothesis in pairs],
            truncation="only_first",
            max_length=self.limit,
        )
        waiting: list[tuple[list[int], Any]] = []
        with torch.inference_mode():
            for numbers in batches([len(x) for x in encoded["input_ids"]], self.batch_tokens):
                batch = {key: [values[n] for n in numbers] for key, values in encoded.items()}
                waiting.append((numbers, self._probabilities(batch)))
            scores = [0.0] * len(pairs)
            for numbers, values in waiting:  # only now, so that the GPU is not waited for in between
                for n, value in zip(numbers, values.tolist(), strict=True):
                    scores[n] = value
        return scores

    def _probabilities(self, batch: dict[str, list[list[int]]]) -> Any:
        padded = self.tokenizer.pad(batch, return_tensors="pt")
        inputs = {key: value.to(self.device, non_blocking=True) for key, value in padded.items()}
        return self.model(**inputs).logits.float().softmax(-1)[:, self.label]


def batches(lengths: Sequence[int], most_tokens: int) -> Iterator[list[int]]:
    """Numbers of sequences in batches of like length, the longest first; at least one in each."""
    batch: list[int] = []
    for n in sorted(range(len(lengths)), key=lambda n: (-lengths[n], n)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > most_tokens:
            yield batch
            batch = []
        batch.append(n)
    if batch:
        yield batch


def entailment_label(name: str, labels: dict[int, str]) -> int:
    """The number of the label that says "entailed"; raises ConfigError where the names do not tell."""
    found = [n for n, label in labels.items() if _ENTAILS.search(label) and not _NOT.search(label)]
    if len(found) != 1:
        names = ", ".join(map(str, labels.values()))
        raise ConfigError(f"{name}: no label of this model says entailment; it has: {names}")
    return int(found[0])


def load_entailment(
    name: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    batch_tokens: int | None = None,
    threads: int | None = None,
) -> EntailmentModel:
    """Load a classifier by folder or name on the Hub.

    `dtype` auto is bfloat16 or float16 on a GPU, float32 on a CPU. Raises InputError for what is no such model,
    MissingExtra.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "trainer") from error
    if threads:
        torch.set_num_threads(threads)
    place = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    try:
        with _quiet(transformers):
            tokenizer = transformers.AutoTokenizer.from_pretrained(name)
            model: Any = transformers.AutoModelForSequenceClassification.from_pretrained(
                name, dtype=_dtype(torch, dtype, place)
            )
    except (OSError, ValueError) as error:
        where = "" if Path(name).is_dir() else " on this machine or the Hub"
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{name}: no classifier of transformers{where}: {told}") from error
    return EntailmentModel(name, model.to(place).eval(), tokenizer, batch_tokens=batch_tokens)


def _dtype(torch: Any, dtype: str, place: str) -> Any:
    known = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
    if dtype in known:
        return known[dtype]
    if dtype != "auto":
        raise ConfigError(f"dtype is auto, {', '.join(known)}, not {dtype!r}")
    if place == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Without transformers' own progress bars and advice."""
    logging = transformers.utils.logging
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        logging.enable_progress_bar()
