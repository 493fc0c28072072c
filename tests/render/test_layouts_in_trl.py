"""TRL trains on the layouts as they are written: a model of a few thousand weights, one step."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.records import Example
from kg2instruct.render import LabelSchema, RenderOptions, render_examples
from kg2instruct.render.layouts import write_layout

pytest.importorskip("trl", reason="the extra `trainer` is not installed")

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{% generation %}{{ message['content'] }}"
    "{% endgeneration %}{% endfor %}"
)
pytestmark = pytest.mark.filterwarnings("ignore")  # those of other people's packages


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    marks = ["<pad>", "<eos>", "<|user|>", "<|assistant|>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytewise = Tokenizer(BPE({x: i for i, x in enumerate([*marks, *letters])}, []))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=bytewise, pad_token="<pad>", eos_token="<eos>")
    made.add_special_tokens({"additional_special_tokens": marks[2:]})
    made.chat_template = TEMPLATE
    return made


@pytest.fixture
def model(tokenizer: Any) -> Any:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    return Qwen2ForCausalLM(Qwen2Config(vocab_size=len(tokenizer), num_key_value_heads=1, **size))


def formatted(row: dict[str, str]) -> str:
    return f"{row['instruction']}\n{row['input']}\n{row['output']}"


@pytest.mark.parametrize("layout", ["messages", "prompt", "sharegpt", "alpaca"])
def test_a_step_of_supervised_finetuning(
    layout: str,
    records: list[Example],
    schemas: dict[tuple[str, str], LabelSchema],
    tokenizer: Any,
    model: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(os.environ, "WANDB_DISABLED", "true")
    import datasets
    from trl import SFTConfig, SFTTrainer

    options = RenderOptions(tasks=("re", "ee"), formats=("json",))
    rows = list(render_examples(records, lambda x: schemas[x.lang, x.source], options))
    write_layout(rows, layout, tmp_path / "train.jsonl")
    data = datasets.load_dataset(
        "json", data_files=str(tmp_path / "train.jsonl"), split="train", cache_dir=str(tmp_path / "cache")
    )
    settings = SFTConfig(
        output_dir=str(tmp_path / "run"),
        max_steps=1,
        per_device_train_batch_size=2,
        max_length=4096,
        report_to=[],
        use_cpu=True,
        bf16=False,
        save_strategy="no",
        completion_only_loss=True if layout == "prompt" else None,
        disable_tqdm=True,
    )
    trainer = SFTTrainer(
        model,
        args=settings,
        train_dataset=data,
        processing_class=tokenizer,
        formatting_func=formatted if layout == "alpaca" else None,
    )
    assert trainer.train().training_loss > 0
    seen = tokenizer.decode(trainer.train_dataset[0]["input_ids"])
    assert rows[0].output in seen and rows[0].instruction in seen
