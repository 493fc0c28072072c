"""How a row becomes what a model reads and is to write; training and inference share it.

    row ─> conversation() ─> encode() ─> prompt ids, answer ids with the end mark

A tokenizer without a chat template gets one of two: ChatML where it has the marks, otherwise plain headings
that any vocabulary can spell, so that no embedding has to be learned anew. Prompt and answer are tokenized
apart: what the model sees before its first token is the same in training and afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg2instruct.errors import InputError
from kg2instruct.records import InstructionRow
from kg2instruct.render.layouts import prompt_of

Conversation = Sequence[Mapping[str, str]]

# The end mark stands inside the generation marks: a model learns to stop, also by TRL's `assistant_only_loss`.
CHATML = """\
{%- for message in messages -%}
{{ '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['role'] == 'assistant' -%}
{%- generation -%}{{ message['content'] + '<|im_end|>' }}{%- endgeneration -%}
{%- else -%}
{{ message['content'] + '<|im_end|>' }}
{%- endif -%}
{{ '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}
"""

HEADINGS = """\
{{- bos_token or '' -}}
{%- for message in messages -%}
{%- if message['role'] == 'system' -%}
{{ message['content'] + '\\n\\n' }}
{%- elif message['role'] == 'assistant' -%}
{{ '### Response:\\n' }}{%- generation -%}{{ message['content'] + eos_token }}{%- endgeneration -%}{{ '\\n\\n' }}
{%- else -%}
{{ '### Instruction:\\n' + message['content'] + '\\n\\n' }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '### Response:\\n' }}{%- endif -%}
"""

# What stands before an answer in HEADINGS.
ANSWER = "\n\n### Response:\n"

# Templates of models that can think aloud leave that out, and those that tell the date tell always the same one;
# others ignore the names.
_KWARGS: Mapping[str, object] = {"enable_thinking": False, "date_string": "26 Jul 2024"}
_PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of a prompt and of the answer, which ends with the end mark."""

    prompt: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


def conversation(row: InstructionRow, *, answer: bool = False, system: str = "") -> list[dict[str, str]]:
    """The turns of a row; the last one, the answer, only where asked for."""
    turns = [{"role": "system", "content": system}] if system else []
    turns.append({"role": "user", "content": prompt_of(row)})
    if answer:
        turns.append({"role": "assistant", "content": row.output})
    return turns


def ensure_template(tokenizer: Any) -> None:
    """Give a tokenizer a chat template if it has none, defaults to one that has arguments, and a token for padding.

    Raises InputError for a tokenizer that has no token to end an answer with.
    """
    if not tokenizer.chat_template:
        marks = {"<|im_start|>", "<|im_end|>"}
        tokenizer.chat_template = CHATML if marks <= set(tokenizer.get_vocab()) else HEADINGS
        if tokenizer.chat_template == HEADINGS and tokenizer.eos_token is None:
            raise InputError(
                f"{tokenizer.name_or_path}: the tokenizer has neither a chat template nor an end-of-text token"
            )
    if isinstance(tokenizer.chat_template, str):
        tokenizer.chat_template = _with_defaults(tokenizer.chat_template)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or end_mark(tokenizer)


def _with_defaults(template: str) -> str:
    """A template that by itself writes what it writes here: servers that load it pass no arguments of ours."""
    lines = [
        f"{{% if {name} is not defined %}}{{% set {name} = {json.dumps(value)} %}}{{% endif %}}\n"
        for name, value in _KWARGS.items()
        if name in template
    ]
    return template if template.startswith("".join(lines)) else "".join(lines) + template


def prompt_text(tokenizer: Any, turns: Conversation) -> str:
    """The text before a model's answer, special tokens spelled out."""
    return str(
        tokenizer.apply_chat_template(list(turns), tokenize=False, add_generation_prompt=True, **_KWARGS)
    )


def prompt_ids(tokenizer: Any, turns: Conversation) -> list[int]:
    """The tokens before a model's answer."""
    return _ids(tokenizer, prompt_text(tokenizer, turns))


def encode(tokenizer: Any, turns: Conversation, *, mark: str = "") -> Encoded:
    """A conversation whose last turn is the answer; `mark` is `end_mark(tokenizer)`, found out if not given.

    Raises InputError where the template writes the prompt otherwise when an answer follows.
    """
    prompt, whole = prompt_text(tokenizer, turns[:-1]), _whole(tokenizer, turns)
    if not whole.startswith(prompt):
        raise InputError(
            f"{tokenizer.name_or_path}: the chat template writes a prompt otherwise when an answer follows; "
            "give the model a template that does not"
        )
    mark = mark or end_mark(tokenizer)
    answer = whole[len(prompt) : whole.rindex(mark) + len(mark)]
    return Encoded(_ids(tokenizer, prompt), _ids(tokenizer, answer))


def end_mark(tokenizer: Any) -> str:
    """The token that ends an answer in this tokenizer's template; often, not always, `eos_token`.

    Raises InputError where nothing that is a token of its own does.
    """
    turns = [{"role": "user", "content": _PROBE}, {"role": "assistant", "content": _PROBE}]
    after = _whole(tokenizer, turns).rpartition(_PROBE)[2].lstrip()
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    mark = next((i for i in _ids(tokenizer, after) if i in special), None)
    if mark is None:
        raise InputError(
            f"{tokenizer.name_or_path}: the chat template ends an answer with no token of its own ({after!r}), "
            "so that a model could not learn to stop"
        )
    return str(tokenizer.convert_ids_to_tokens(mark))


def stop_ids(tokenizer: Any) -> list[int]:
    """The tokens at which an answer ends: the template's end mark and the tokenizer's end of text."""
    names = dict.fromkeys(x for x in (end_mark(tokenizer), tokenizer.eos_token) if x)
    return [int(tokenizer.convert_tokens_to_ids(name)) for name in names]


def _whole(tokenizer: Any, turns: Conversation) -> str:
    return str(tokenizer.apply_chat_template(list(turns), tokenize=False, **_KWARGS))


def _ids(tokenizer: Any, text: str) -> list[int]:
    # The template has written the special tokens already.
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
