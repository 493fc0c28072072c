"""Models on this machine: what they answer, alone and in company, and what is told when parts do not fit."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.errors import ConfigError, Kg2InstructError, MissingExtra
from trainer.inference.decoding import Decoding, Reply
from trainer.inference.generate import (
    LEAST_ROOM,
    LocalGenerator,
    LocalStream,
    generate,
    generation_config,
)
from trainer.inference.model import LocalModel, ModelOptions, load_model, quantization
from trainer.inference.predict import predict

from .conftest import make_adapter, make_model, make_rows

HELLO = [{"role": "user", "content": "柏林在哪里？"}]


@pytest.fixture(scope="module")
def model(tiny: Path) -> LocalModel:
    return load_model(ModelOptions(model=str(tiny)))


@pytest.fixture(scope="module")
def tuned(adapter: Path) -> LocalModel:
    return load_model(ModelOptions(model=str(adapter)))


def test_a_batch_answers_as_the_rows_do_alone(model: LocalModel) -> None:
    generator = LocalGenerator(model, Decoding(max_new_tokens=12))
    rows = make_rows(6)
    together = generator.answer(rows)
    assert together == [generator.answer([row])[0] for row in rows]
    assert len({reply.text for reply in together}) > 1


def test_greedy_answers_are_the_likeliest_tokens(model: LocalModel) -> None:
    import torch

    prompt = model.prompt(HELLO)
    ids = list(prompt)
    with torch.inference_mode():
        for _ in range(8):
            ids.append(int(model.model(torch.tensor([ids])).logits[0, -1].argmax()))
    said = "".join(LocalStream(model)(HELLO, Decoding(max_new_tokens=8)))
    assert said == model.tokenizer.decode(ids[len(prompt) :], skip_special_tokens=True)


def test_sampling_follows_the_seed_and_greedy_decoding_ignores_it(model: LocalModel) -> None:
    def said(**options: Any) -> list[str]:
        generator = LocalGenerator(model, Decoding(max_new_tokens=12, **options))
        return [reply.text for reply in generator.answer(make_rows(3), "7")]

    assert said(temperature=1.5, seed=1) == said(temperature=1.5, seed=1)
    assert said(temperature=1.5, seed=1) != said(temperature=1.5, seed=2)
    assert said(seed=1) == said(seed=2)


def test_the_models_own_way_of_decoding_does_not_slip_in(
    tiny: Path, tmp_path: Path, model: LocalModel
) -> None:
    from transformers import GenerationConfig

    folder = tmp_path / "opinionated"
    shutil.copytree(tiny, folder)
    GenerationConfig(
        do_sample=True, temperature=2.0, top_k=3, repetition_penalty=9.0, max_new_tokens=2, eos_token_id=2
    ).save_pretrained(folder)
    opinionated = load_model(ModelOptions(model=str(folder)))
    decoding = Decoding(max_new_tokens=12)
    rows = make_rows(2)
    assert LocalGenerator(opinionated, decoding).answer(rows) == LocalGenerator(model, decoding).answer(rows)


def test_an_answer_ends_at_the_end_mark(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    decoding = Decoding(max_new_tokens=12)
    prompt = torch.tensor([model.prompt(HELLO)])
    config = generation_config(model, decoding, prompt.shape[1])
    tokens = model.model.generate(input_ids=prompt, generation_config=config)[0, prompt.shape[1] :].tolist()
    whole = generate(model, prompt.tolist(), decoding)
    assert whole == [Reply(model.tokenizer.decode(tokens).strip(), "length")]
    end = next(i for i in range(2, 12) if tokens[i] not in tokens[:i])
    monkeypatch.setattr(model, "stops", (*model.stops, tokens[end]))
    ended = generate(model, prompt.tolist(), decoding)
    assert ended == [Reply(model.tokenizer.decode(tokens[:end]).strip(), "stop")]


def test_a_prompt_without_room_is_told_and_its_neighbours_are_answered(model: LocalModel) -> None:
    from msgspec.structs import replace

    short, long = make_rows(2)
    long = replace(long, input="河" * model.limit)
    generator = LocalGenerator(model, Decoding(max_new_tokens=4))
    assert [reply.finish for reply in generator.answer([long, short])] == ["too long", "length"]
    with pytest.raises(ConfigError, match="tokens"):
        list(LocalStream(model)([{"role": "user", "content": long.input}], Decoding()))


def test_an_answer_stops_where_the_model_ends(model: LocalModel) -> None:
    from msgspec.structs import replace

    row = make_rows(1)[0]
    while (
        len(model.prompt([{"role": "user", "content": f"{row.instruction}\n\n{row.input}"}]))
        < model.limit - 24
    ):
        row = replace(row, input=row.input + "x")
    (reply,) = LocalGenerator(model, Decoding(max_new_tokens=500)).answer([row])
    assert reply.finish == "length"
    assert LEAST_ROOM <= 24


def test_an_adapter_changes_answers_and_the_base_is_still_there(model: LocalModel, tuned: LocalModel) -> None:
    decoding, rows = Decoding(max_new_tokens=12), make_rows(2)
    base = LocalGenerator(model, decoding).answer(rows)
    assert LocalGenerator(tuned, decoding).answer(rows) != base
    assert LocalGenerator(tuned, decoding, adapter="base").answer(rows) == base
    assert LocalGenerator(tuned, decoding).answer(rows) != base


def test_several_adapters_are_asked_by_name(tiny: Path, adapter: Path, tmp_path: Path) -> None:
    other = make_adapter(tiny, tmp_path / "v1.5", seed=2)
    model = load_model(ModelOptions(model=str(tiny), adapters=(str(adapter), str(other))))
    assert model.adapters == ("tuned", "v1_5")
    stream = LocalStream(model)
    said = {
        name: "".join(stream(HELLO, Decoding(max_new_tokens=12), name)) for name in ("base", *model.adapters)
    }
    assert len(set(said.values())) == 3


def test_the_folder_of_a_run_is_what_the_run_made(tiny: Path, adapter: Path, tmp_path: Path) -> None:
    shutil.copytree(adapter, tmp_path / "v1" / "adapter")
    shutil.copytree(tiny, tmp_path / "pretrained" / "model")
    tuned = load_model(ModelOptions(model=str(tmp_path / "v1")))
    whole = load_model(ModelOptions(model=str(tmp_path / "pretrained"), adapters=(str(tmp_path / "v1"),)))
    assert (tuned.adapters, whole.adapters) == (("v1",), ("v1",))
    assert load_model(ModelOptions(model=str(tmp_path / "pretrained"))).adapters == ()
    twice = (str(tmp_path / "v1"), str(tmp_path / "v1" / "adapter"))
    with pytest.raises(ConfigError, match="two adapters are called v1"):
        load_model(ModelOptions(model=str(tiny), adapters=twice))


def test_an_adapter_of_another_base_is_one_clear_error(adapter: Path, tmp_path: Path) -> None:
    other = make_model(tmp_path / "other", hidden=64)
    with pytest.raises(
        Kg2InstructError, match=r"tuned: an adapter of another base model .*tiny.*, not of .*other"
    ):
        load_model(ModelOptions(model=str(other), adapters=(str(adapter),)))


def test_a_damaged_adapter_is_one_clear_error(adapter: Path, tiny: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(adapter, broken)
    weights = broken / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(Kg2InstructError, match=r"adapter_model\.safetensors: damaged"):
        load_model(ModelOptions(model=str(tiny), adapters=(str(broken),)))
    weights.unlink()
    with pytest.raises(Kg2InstructError, match="without weights"):
        load_model(ModelOptions(model=str(tiny), adapters=(str(broken),)))


def test_an_adapter_finds_its_base_beside_it_when_both_were_moved(
    tiny: Path, adapter: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(adapter, moved / "tuned")
    config = moved / "tuned" / "adapter_config.json"
    config.write_text(config.read_text().replace(str(tiny), "/somewhere/else/tiny"))
    with pytest.raises(Kg2InstructError, match="its base model /somewhere/else/tiny is not here"):
        load_model(ModelOptions(model=str(moved / "tuned")))
    shutil.copytree(tiny, moved / "tiny")
    assert load_model(ModelOptions(model=str(moved / "tuned"))).adapters == ("tuned",)


def test_a_tokenizer_larger_than_the_model_is_one_clear_error(tmp_path: Path) -> None:
    small = make_model(tmp_path / "small", vocabulary=50)
    with pytest.raises(Kg2InstructError, match="do not belong together"):
        load_model(ModelOptions(model=str(small)))


def test_a_folder_without_a_model_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(Kg2InstructError, match="not a model that can be loaded"):
        load_model(ModelOptions(model=str(tmp_path)))


def test_a_gpu_that_is_not_there_is_one_clear_error(tiny: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError, match="no GPU"):
        load_model(ModelOptions(model=str(tiny), device="cuda"))


def test_four_bits_are_four_and_eight_are_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.inference.model.find_spec", lambda _: True)
    four, eight = quantization(4), quantization(8)
    assert (four.load_in_4bit, four.load_in_8bit) == (True, False)
    assert (eight.load_in_4bit, eight.load_in_8bit) == (False, True)
    assert quantization(None) is None


def test_quantised_layers_are_of_the_kind_asked_for(tiny: Path) -> None:
    bitsandbytes = pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    kinds: dict[Any, Any] = {4: bitsandbytes.nn.Linear4bit, 8: bitsandbytes.nn.Linear8bitLt}
    for bits, kind in kinds.items():
        model = load_model(ModelOptions(model=str(tiny), bits=bits)).model
        assert type(model.model.layers[0].mlp.up_proj) is kind


def test_quantising_without_bitsandbytes_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.inference.model.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match="kg2instruct\\[quantized\\]"):
        quantization(4)


def test_a_batch_that_does_not_fit_into_memory_goes_in_halves(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    generator, rows = LocalGenerator(model, Decoding(max_new_tokens=6)), make_rows(5)
    expected, real = generator.answer(rows), model.model.generate

    def small(input_ids: Any, **more: Any) -> Any:
        if len(input_ids) > 2:
            raise torch.OutOfMemoryError
        return real(input_ids=input_ids, **more)

    monkeypatch.setattr(model.model, "generate", small)
    assert generator.answer(rows) == expected


def test_a_conversation_that_does_not_fit_into_memory_is_told(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def small(**_: Any) -> Any:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(model.model, "generate", small)
    with pytest.raises(ConfigError, match="does not fit into the GPU's memory"):
        list(LocalStream(model)(HELLO, Decoding()))


def test_a_model_trained_anew_under_the_same_name_is_another_model(tmp_path: Path) -> None:
    rows, out = make_rows(2), tmp_path / "out.jsonl"
    decoding = Decoding(max_new_tokens=4)
    for seed in (0, 1):
        folder = make_model(tmp_path / "model", seed=seed)
        generator = LocalGenerator(load_model(ModelOptions(model=str(folder))), decoding)
        if seed == 0:
            predict(rows, generator, out)
            continue
        with pytest.raises(ConfigError, match="another model"):
            predict(rows, generator, out)


def test_an_answer_nobody_reads_to_its_end_is_given_up(model: LocalModel) -> None:
    stream = LocalStream(model)
    pieces = stream(HELLO, Decoding(max_new_tokens=150))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert "".join(stream(HELLO, Decoding(max_new_tokens=4)))
