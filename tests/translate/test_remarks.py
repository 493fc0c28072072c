"""Refusals and remarks around an answer, and what only looks like them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kg2instruct.records import Lang
from kg2instruct.translate.checks import Attempt, failures
from kg2instruct.translate.glossary import Glossary
from kg2instruct.translate.items import Item, Part
from kg2instruct.translate.options import TranslateOptions
from kg2instruct.translate.protect import mask


def failed(source: str, answer: str, to: Lang) -> list[str]:
    """The names of the checks that an answer fails."""
    item = Item("1", "general", "test", (Part("output", source),))
    texts: Mapping[str, str] = {"output": answer}
    attempt = Attempt(
        item, TranslateOptions(to=to), {"output": mask(source)}, texts, "stop", (), Glossary((), None)
    )
    return [name for name, _ in failures(attempt)]


@pytest.mark.parametrize(
    ("source", "answer", "to"),
    [
        ("当然，这是一首关于秋天的诗。", "Sure, here is a poem about autumn.", "en"),
        ("好的，我明天就来看你。", "Okay, I will come to see you tomorrow.", "en"),
        ("没问题！下面是购物清单的内容。", "Of course! Here is what the shopping list holds.", "en"),
        ("Sure, here is the result of the vote.", "当然，以下是投票的结果。", "zh"),
        ("I cannot help you with your luggage.", "我无法帮助您搬运行李。", "zh"),
    ],
)
def test_what_the_source_says_itself_is_no_remark(source: str, answer: str, to: Lang) -> None:
    assert failed(source, answer, to) == []


@pytest.mark.parametrize(
    ("source", "answer", "to", "check"),
    [
        ("这是一首关于秋天的诗。", "Sure, here is a poem about autumn.", "en", "preamble"),
        ("It is a poem about autumn.", "根据您的要求，翻译如下：这是一首关于秋天的诗。", "zh", "preamble"),
        ("这是一首关于秋天的诗。", "I won't be able to help with that poem.", "en", "refusal"),
        ("It is a poem about autumn.", "抱歉，我不能翻译这首诗。", "zh", "refusal"),
    ],
)
def test_what_the_model_adds_is_told(source: str, answer: str, to: Lang, check: str) -> None:
    assert check in failed(source, answer, to)
