"""Pretraining in one process: what it learns, writes, goes on from, and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.errors import Kg2InstructError

pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from trainer.training.launch import Machines, TrainingError
from trainer.training.options import Pretraining
from trainer.training.settings import read_settings
from trainer.training.start import start

SMALL = (
    "batch={micro: 2, rows: 4, length: 64}",
    "run={precision: fp32, activation_checkpointing: false, steps: 6, save_steps: 3, log_steps: 1, evaluate_steps: 3}",
    "optim.learning_rate=3e-3",
)


def settings(corpus: Path, *more: str) -> Pretraining:
    return read_settings(Pretraining, settings=[*SMALL, *more], flags={"corpus": str(corpus)})


def losses(out: Path) -> dict[int, float]:
    entries = [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]
    return {entry["step"]: entry["loss"] for entry in entries if "loss" in entry}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, corpus: Path, in_this_process: None) -> Path:  # noqa: ARG001
    out = tmp_path_factory.mktemp("runs") / "whole"
    start(settings(corpus, "shape={hidden: 32, layers: 2, heads: 4, tied: true}"), out, Machines(processes=1))
    return out


def test_a_model_from_scratch_learns_and_is_written_with_its_tokenizer(finished: Path) -> None:
    found = losses(finished)
    assert list(found) == [1, 2, 3, 4, 5, 6]
    assert found[6] < found[1]
    transformers = pytest.importorskip("transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(finished / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(finished / "model")
    assert model.config.vocab_size % 64 == 0
    assert len(tokenizer) <= model.config.vocab_size
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") in model.generation_config.eos_token_id


def test_held_out_samples_are_judged_by_source(finished: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text("utf-8"))
    names = ("eval_perplexity", "eval_perplexity_cities", "eval_perplexity_lands")
    assert all(1 < summary[name] < 1000 for name in names)
    steps = [json.loads(x) for x in (finished / "log.jsonl").read_text("utf-8").splitlines()]
    assert [x["step"] for x in steps if "eval_loss_cities" in x] == [3, 6]


def test_a_run_that_was_cut_off_goes_on_as_if_it_had_not_been(
    tmp_path: Path, corpus: Path, finished: Path
) -> None:
    import shutil

    out = tmp_path / "cut"
    shutil.copytree(finished, out)
    for name in ("summary.json", "model"):
        path = out / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (out / "checkpoints" / "checkpoint-6" / "whole.json").unlink()  # killed while it was written
    same = settings(corpus, "shape={hidden: 32, layers: 2, heads: 4, tied: true}")
    start(same, out, Machines(processes=1))
    assert losses(out) == losses(finished)
    assert (out / "model" / "model.safetensors").read_bytes() == (
        finished / "model" / "model.safetensors"
    ).read_bytes()


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path, corpus: Path) -> None:
    wild = settings(corpus, "shape={hidden: 32, layers: 2, heads: 4}", "optim={learning_rate: 1e30, clip: 0}")
    with pytest.raises(TrainingError, match=r"(loss|gradient) (nan|inf) at step \d: training stopped"):
        start(wild, tmp_path / "out", Machines(processes=1))
    assert not list((tmp_path / "out").glob("checkpoints/*/whole.json"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["batch.length=32", "batch.rows=4"], "its samples have up to 64 tokens, batch.length is 32"),
        (["run.deepspeed=zero9"], "unknown DeepSpeed configuration 'zero9'"),
        (["batch.rows=5", "batch.micro=1"], ""),
    ],
)
def test_bad_settings_are_told_before_any_work(
    tmp_path: Path, corpus: Path, change: list[str], said: str
) -> None:
    asked = settings(corpus, "shape={hidden: 32, layers: 2, heads: 4}", *change)
    if not said:
        with pytest.raises(Kg2InstructError, match="rows 5 is no multiple of micro 1 × 2 processes"):
            start(asked, tmp_path / "out", Machines(processes=2))
        return
    with pytest.raises(Kg2InstructError, match=said):
        start(asked, tmp_path / "out", Machines(processes=1))
    assert not (tmp_path / "out" / "settings.yaml").exists()


def test_packing_is_refused_where_layers_would_carry_one_text_into_the_next(
    tmp_path: Path, corpus: Path, base: Path
) -> None:
    transformers = pytest.importorskip("transformers")
    copy = changed(base, tmp_path / "base")
    kinds = ["conv", "full_attention"]
    sizes = {"vocab_size": 384, "hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2}
    transformers.Lfm2Config(**sizes, num_hidden_layers=2, layer_types=kinds).save_pretrained(copy)
    with pytest.raises(
        Kg2InstructError, match=r"through layers of conv the texts .* set batch\.packing=false"
    ):
        start(settings(corpus, f"base={copy}"), tmp_path / "out", Machines(processes=1))


def changed(corpus: Path, copy: Path) -> Path:
    import shutil

    shutil.copytree(corpus, copy)
    return copy


def test_a_corpus_that_is_damaged_is_told_before_any_work(tmp_path: Path, corpus: Path) -> None:
    asked = ("shape={hidden: 32, layers: 2, heads: 4}",)
    cut = changed(corpus, tmp_path / "cut")
    with (cut / "data" / "lands-train-00000.bin").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(Kg2InstructError, match=r"lands-train-00000: shard has .* bytes, the manifest says"):
        start(settings(cut, *asked), tmp_path / "out", Machines(processes=1))
    gone = changed(corpus, tmp_path / "gone")
    (gone / "data" / "cities-train-00000.idx").unlink()
    with pytest.raises(Kg2InstructError, match=r"cities-train-00000\.idx: shard is missing"):
        start(settings(gone, *asked), tmp_path / "out", Machines(processes=1))
    with pytest.raises(Kg2InstructError, match=r"nowhere: not a corpus"):
        start(settings(tmp_path / "nowhere", *asked), tmp_path / "out", Machines(processes=1))


def test_a_corpus_of_another_tokenizer_is_refused(
    tmp_path: Path, corpus: Path, base: Path, make_tokenizer: Any, chatml_marks: list[str]
) -> None:
    import shutil

    other = tmp_path / "other"
    shutil.copytree(base, other)
    make_tokenizer(
        ["quite other texts"], specials=chatml_marks, size=300, eos_token="<|endoftext|>"
    ).save_pretrained(str(other))
    with pytest.raises(Kg2InstructError, match="was tokenised with another tokenizer"):
        start(settings(corpus, f"base={other}"), tmp_path / "out", Machines(processes=1))


def test_a_model_with_too_small_a_vocabulary_is_refused(tmp_path: Path, corpus: Path, base: Path) -> None:
    import shutil

    small = tmp_path / "small"
    shutil.copytree(base, small)
    config = json.loads((small / "config.json").read_text("utf-8"))
    (small / "config.json").write_text(json.dumps(config | {"vocab_size": 100}), encoding="utf-8")
    with pytest.raises(Kg2InstructError, match=r"has ids up to 383, .* knows 100"):
        start(settings(corpus, f"base={small}"), tmp_path / "out", Machines(processes=1))


def test_a_disk_without_room_is_told_before_any_work(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))  # noqa: ARG005
    with pytest.raises(
        Kg2InstructError, match=r"0\.0 GB are free, the model and its checkpoints needs about"
    ):
        start(
            settings(corpus, "shape={hidden: 32, layers: 2, heads: 4}"),
            tmp_path / "out",
            Machines(processes=1),
        )
