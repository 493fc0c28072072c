"""Natural-language inference: pairs a second, and how much of the time is the bare model's forward pass.

    python benchmarks/bench_nli.py [PAIRS] [MODEL]

Without a model, one of mDeBERTa's shape but fewer and narrower layers is made, of random weights; pairs are sentences
of 20 to 300 characters with hypotheses of 8 to 30. The bare pass runs over the same batches, already tokenized, padded
and in place. Times are CPU seconds of this process on one thread, or seconds of the clock on a GPU.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers

from trainer.nli import EntailmentModel, batches, load_entailment

LETTERS = [chr(0x4E00 + n) for n in range(2000)]
ROUNDS = 2


def make_model(folder: Path) -> str:
    """A DeBERTa of two layers with a tokenizer of single characters."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS]
    tokens = Tokenizer(models.WordPiece({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokens.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokens.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    kind: Any = transformers.DebertaV2Config
    config = kind(
        vocab_size=len(words),
        hidden_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=1024,
        relative_attention=True,
        position_buckets=256,
        pos_att_type=["p2c", "c2p"],
        id2label={0: "entailment", 1: "neutral", 2: "contradiction"},
        label2id={"entailment": 0, "neutral": 1, "contradiction": 2},
    )
    transformers.DebertaV2ForSequenceClassification(config).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokens, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return str(folder)


def make_pairs(count: int) -> list[tuple[str, str]]:
    """Premises, each with three hypotheses, always the same."""
    rng = random.Random(3)

    def text(low: int, high: int) -> str:
        return "".join(rng.choices(LETTERS, k=rng.randint(low, high)))

    pairs: list[tuple[str, str]] = []
    while len(pairs) < count:
        premise = text(20, 300)
        pairs += [(premise, text(8, 30)) for _ in range(3)]
    return pairs[:count]


def bare(model: EntailmentModel, pairs: list[tuple[str, str]]) -> list[Any]:
    """The batches of these pairs as tensors in place."""
    encoded = model.tokenizer(
        [x for x, _ in pairs], [x for _, x in pairs], truncation="only_first", max_length=model.limit
    )
    lengths = [len(x) for x in encoded["input_ids"]]
    return [
        model.tokenizer.pad({k: [v[n] for n in numbers] for k, v in encoded.items()}, return_tensors="pt").to(
            model.device
        )
        for numbers in batches(lengths, model.batch_tokens)
    ]


def seconds(work: Callable[[], object], *, gpu: bool) -> float:
    """Time of some work."""
    clock = time.perf_counter if gpu else time.process_time
    begun = clock()
    work()
    if gpu:
        torch.cuda.synchronize()
    return clock() - begun


def main() -> None:
    """Measure by turns, and print the best round of each."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        model = load_entailment(sys.argv[2] if len(sys.argv) > 2 else make_model(Path(folder)), threads=1)
    pairs, gpu = make_pairs(count), model.device.type == "cuda"
    ready = bare(model, pairs)

    @torch.inference_mode()
    def forward() -> None:
        for batch in ready:
            model.model(**batch)

    forward()
    rounds = [(seconds(forward, gpu=gpu), seconds(lambda: model(pairs), gpu=gpu)) for _ in range(ROUNDS)]
    alone, whole = (min(times) for times in zip(*rounds, strict=True))
    figures = {
        "device": str(model.device),
        "pairs": count,
        "pairs_per_second": round(count / whole, 1),
        "bare_forward_pairs_per_second": round(count / alone, 1),
        "of_bare_forward": round(alone / whole, 3),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
