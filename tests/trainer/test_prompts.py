"""Prompts: the same in training and inference, answers that end with a mark the model can learn."""

from __future__ import annotations

from typing import Any

import pytest

from kg2instruct.errors import InputError
from kg2instruct.records import InstructionRow

pytest.importorskip("transformers")

from trainer.prompts import conversation, encode, end_mark, ensure_template, prompt_ids, prompt_text, stop_ids

TEXTS = ["柏林是德国的首都。", "Berlin is the capital of Germany."] * 3
ROW = InstructionRow("1-ner-0", "ner", "zh", "w", None, "找出实体。", "柏林是首都。", "柏林", "[]", "", "")
# Writes the prompt otherwise once an answer follows, as templates of some reasoning models do.
SHIFTY = (
    "{% for m in messages %}{{ m['content'] }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>{% endif %}"
)
# A template that tells the date, of today unless it is told another.
DATED = (
    "{% if not date_string is defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}"
    "{{ date_string }}\n"
)
# A template with a default for thinking, as current models have.
THINKING = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' and not enable_thinking %}<think></think>{% endif %}"
    "{{ m['content'].strip() }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if not enable_thinking %}<think></think>{% endif %}{% endif %}"
)


@pytest.fixture(scope="module")
def chatml(make_tokenizer: Any, chatml_marks: list[str]) -> Any:
    made = make_tokenizer(TEXTS, specials=chatml_marks, eos_token="<|endoftext|>")
    ensure_template(made)
    return made


@pytest.fixture(scope="module")
def plain(make_tokenizer: Any) -> Any:
    made = make_tokenizer(TEXTS, specials=["<s>", "</s>"], bos_token="<s>", eos_token="</s>")
    ensure_template(made)
    return made


def test_a_tokenizer_with_the_marks_speaks_chatml(chatml: Any) -> None:
    found = encode(chatml, conversation(ROW, answer=True))
    assert chatml.decode(found.prompt) == (
        "<|im_start|>user\n找出实体。\n\n柏林是首都。<|im_end|>\n<|im_start|>assistant\n"
    )
    assert chatml.decode(found.answer) == "柏林<|im_end|>"


def test_one_without_them_gets_headings_that_any_vocabulary_spells(plain: Any) -> None:
    found = encode(plain, conversation(ROW, answer=True, system="短答。"))
    assert plain.decode(found.prompt) == (
        "<s>短答。\n\n### Instruction:\n找出实体。\n\n柏林是首都。\n\n### Response:\n"
    )
    assert plain.decode(found.answer) == "柏林</s>"


@pytest.mark.parametrize("name", ["chatml", "plain"])
def test_the_generation_marks_enclose_the_answer_and_its_end(
    name: str, request: pytest.FixtureRequest
) -> None:
    tokenizer = request.getfixturevalue(name)
    turns = conversation(ROW, answer=True)
    shown = tokenizer.apply_chat_template(
        turns, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    marked = [i for i, mask in zip(shown["input_ids"], shown["assistant_masks"], strict=True) if mask]
    assert marked == encode(tokenizer, turns).answer


@pytest.mark.parametrize("name", ["chatml", "plain"])
def test_inference_sees_the_prompt_of_training(name: str, request: pytest.FixtureRequest) -> None:
    tokenizer = request.getfixturevalue(name)
    assert (
        prompt_ids(tokenizer, conversation(ROW)) == encode(tokenizer, conversation(ROW, answer=True)).prompt
    )


def test_answers_stop_at_the_end_mark_and_at_the_end_of_text(chatml: Any, plain: Any) -> None:
    assert end_mark(chatml) == "<|im_end|>"
    assert stop_ids(chatml) == chatml.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
    assert stop_ids(plain) == [plain.eos_token_id]


@pytest.mark.parametrize("answer", ["<|im_end|>", "assistant", "end", "", " \n "])
def test_answers_that_look_like_marks_stay_whole(chatml: Any, answer: str) -> None:
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}]
    assert chatml.decode(encode(chatml, turns).answer) == f"{answer}<|im_end|>"


def test_thinking_is_left_out_on_both_sides(make_tokenizer: Any, chatml_marks: list[str]) -> None:
    tokenizer = make_tokenizer(TEXTS, specials=chatml_marks, eos_token="<|im_end|>")
    tokenizer.chat_template = THINKING
    found = encode(tokenizer, conversation(ROW, answer=True))
    assert tokenizer.decode(found.prompt).endswith("assistant\n<think></think>")
    assert tokenizer.decode(found.answer) == "柏林<|im_end|>"


def test_a_saved_template_writes_for_servers_what_training_saw(
    make_tokenizer: Any, chatml_marks: list[str]
) -> None:
    tokenizer = make_tokenizer(TEXTS, specials=chatml_marks, eos_token="<|im_end|>")
    tokenizer.chat_template = DATED + THINKING
    ensure_template(tokenizer)
    ensure_template(tokenizer)  # an adapter's tokenizer comes here again
    turns = conversation(ROW)
    served = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert served == prompt_text(tokenizer, turns)
    assert served.startswith("26 Jul 2024\n")
    assert served.endswith("<think></think>")
    asked = tokenizer.apply_chat_template(
        turns, tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    assert asked.endswith("assistant\n")


def test_a_template_that_changes_the_prompt_is_refused(make_tokenizer: Any, chatml_marks: list[str]) -> None:
    tokenizer = make_tokenizer(TEXTS, specials=chatml_marks, eos_token="<|im_end|>")
    tokenizer.chat_template = SHIFTY
    with pytest.raises(InputError, match="writes a prompt otherwise"):
        encode(tokenizer, conversation(ROW, answer=True))


def test_a_template_without_an_end_is_refused(make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(TEXTS, specials=["</s>"], eos_token="</s>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    with pytest.raises(InputError, match="could not learn to stop"):
        encode(tokenizer, conversation(ROW, answer=True))


def test_a_tokenizer_without_any_end_is_refused(make_tokenizer: Any) -> None:
    with pytest.raises(InputError, match="neither a chat template nor"):
        ensure_template(make_tokenizer(TEXTS, specials=[]))
