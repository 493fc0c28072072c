"""A knowledge base as a glossary: known names go into the prompt, and are looked for in the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.pipeline.knowledge import build_knowledge_base
from kg2instruct.pipeline.progress import silent
from kg2instruct.translate.known_names import KnownNames


def item(qid: str, en: str, zh: str, *aliases: str) -> str:
    labels = {"en": {"language": "en", "value": en}, "zh": {"language": "zh", "value": zh}}
    also = {"zh": [{"language": "zh", "value": x} for x in aliases]}
    return json.dumps(
        {"id": qid, "type": "item", "labels": labels, "aliases": also, "claims": {}, "sitelinks": {}},
        ensure_ascii=False,
    )


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("names")
    dump = folder / "entities.jsonl"
    lines = [
        item("Q11", "Ada Lovelace", "阿达·洛芙莱斯", "爱达·勒芙蕾丝"),
        item("Q12", "Green River", "格林河"),
        item("Q13", "Green River", "绿河"),
        item("Q14", "Paper", "纸张"),
        item("Q15", "Grace Hopper", "Grace Hopper"),
    ]
    dump.write_text("\n".join(lines) + "\n", "utf-8")
    build_knowledge_base([dump], folder / "kb", progress=silent)
    return folder / "kb"


def test_names_beyond_doubt_are_terms_with_all_their_names(kb: Path) -> None:
    names = KnownNames.open(kb, "en", "zh")
    (term,) = names("Paper by Ada Lovelace crossed the Green River.")
    assert (term.text, term.translation) == ("Ada Lovelace", "阿达·洛芙莱斯")
    assert "爱达·勒芙蕾丝" in term.others
    assert list(names("ada lovelace; Adam Ada Lovelaces; Grace Hopper")) == []
    back = KnownNames.open(kb, "zh", "en")("格林河与阿达·洛芙莱斯")
    assert [(x.text, x.translation) for x in back] == [
        ("格林河", "Green River"),
        ("阿达·洛芙莱斯", "Ada Lovelace"),
    ]


def test_the_command_asks_for_the_known_name_and_checks_it(
    kb: Path, endpoint: Any, replies: Any, program: Any, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        json.dumps({"instruction": "Who was Ada Lovelace? Tell me about her life and her work."})[:-1]
        + ', "input": "", "output": "She wrote about engines and wove numbers into long letters to friends."}\n'
    )
    name = "爱达·勒芙蕾丝"

    def script(call: Any) -> Any:
        text = replies.chinese(call.user.replace("Ada Lovelace", "⟦name⟧"))
        return replies.completion(text.replace("⟦name⟧", name if call.number > 1 else "某人"))

    endpoint.script = script
    out = tmp_path / "zh.jsonl"
    shown = program(
        "translate", rows, "--to", "zh", "--mode", "translate", "--out", out, "--kb", kb,
        "--base-url", endpoint.url, "--model", "m", "--quiet",
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert any("阿达·洛芙莱斯" in json.dumps(call.body, ensure_ascii=False) for call in endpoint.calls)
    assert len(endpoint.calls) == 2  # the first answer called her something else
    assert "was to be translated as" in endpoint.calls[1].system
    (row,) = out.read_text("utf-8").splitlines()
    assert name in json.loads(row)["instruction"]
