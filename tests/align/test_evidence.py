"""The evidence files: whole, of known relations, in both languages, and quick on any text."""

from __future__ import annotations

import importlib
import json
import pkgutil
import random
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import kg2instruct.align
from kg2instruct.align.evidence import HEAD, TAIL, Evidence
from kg2instruct.align.evidence_table import EvidenceTable
from kg2instruct.records import Lang
from kg2instruct.resources import resource_dir
from kg2instruct.schema import SchemaSet

KEYS = {"words", "patterns", "use", "loose", "never", "credit"}
LONG = 2_000
ORDINARY = re.compile(f"{HEAD}[^{TAIL}]{{0,120}}[^{TAIL}]{{0,120}}{TAIL}")
"""An expression with two wide gaps, which costs half of what an expression may: some hundredths of a second."""
MARKS = "①②③④"

# What stands between the words of an expression.
LOOSE_ENDS = re.compile(r"[\\^$.|?*+()\[\]{}]+")


FOLDER = resource_dir("schemas") / "evidence"


def read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return data


def files() -> Iterator[tuple[str, str]]:
    """The topic and the language of every file of entries."""
    for file in sorted(FOLDER.iterdir(), key=lambda file: file.name):
        topic, lang, _ = file.name.split(".")
        if topic not in ("groups", "learned"):
            yield topic, lang


def entries() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every entry of every file: its property, its language, and what it says."""
    for topic, lang in files():
        for pid, entry in read(f"{topic}.{lang}.yaml").items():
            yield pid, lang, entry


def sentences(lang: str) -> Iterator[tuple[str, str, str, bool]]:
    """Masked sentences of a language, with a property and whether they state it."""
    file = Path(__file__).parents[1] / "data" / "align" / f"sentences_{lang}.yaml"
    for pid, examples in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        for verdict, texts in examples.items():
            for text in texts:
                yield lang, pid, text, {"states": True, "silent": False}[verdict]


def test_entries_stand_once_each_in_the_file_of_their_relations_topic() -> None:
    for topic, lang in files():
        schema = json.loads((resource_dir("schemas") / f"{topic}.json").read_text(encoding="utf-8"))
        lines = (FOLDER / f"{topic}.{lang}.yaml").read_text(encoding="utf-8").splitlines()
        written = [line.split(":")[0] for line in lines if line.startswith("P")]
        assert len(written) == len(set(written)), (topic, lang)
        assert set(written) <= set(schema["relations"]), (topic, lang)


def test_every_property_of_the_evidence_is_in_the_schema(schemas: SchemaSet) -> None:
    unknown = {pid for pid, _, _ in entries() if int(pid[1:]) not in schemas.relations}
    assert not unknown


def test_an_entry_has_known_keys_and_says_something() -> None:
    for pid, lang, entry in entries():
        assert set(entry) <= KEYS, (pid, lang)
        assert set(entry) & {"words", "patterns", "use", "loose"}, (pid, lang)


def test_words_of_a_credit_are_plain_and_its_group_has_others() -> None:
    groups: dict[tuple[str, str], set[str]] = {}
    for pid, lang, entry in entries():
        if "credit" in entry:
            assert set(entry["credit"]) == {"group", "words"}, (pid, lang)
            assert re.fullmatch(r"[\w |-]+", entry["credit"]["words"]), (pid, lang)
            groups.setdefault((entry["credit"]["group"], lang), set()).add(pid)
    assert groups
    assert all(len(pids) > 1 for pids in groups.values()), groups


def test_every_relation_with_evidence_has_it_in_both_languages() -> None:
    known: dict[str, set[str]] = {}
    for pid, lang, _ in entries():
        known.setdefault(pid, set()).add(lang)
    assert {pid: langs for pid, langs in known.items() if langs != {"zh", "en"}} == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_groups_are_used_and_known(lang: str) -> None:
    used = {group for _, code, entry in entries() if code == lang for group in entry.get("use", ())}
    assert used == set(read(f"groups.{lang}.yaml"))


def test_a_pattern_says_where_the_tail_is() -> None:
    for pid, lang, entry in entries():
        for pattern in entry.get("patterns", ()):
            assert TAIL in pattern, (pid, lang, pattern)


def test_words_hold_marks_only_beside_patterns() -> None:
    """Words alone are looked for in the text before it is masked: one with a mark would never be found."""
    for pid, lang, entry in entries():
        if set(MARKS) & set(str(entry.get("words", ""))):
            assert entry.get("patterns") or entry.get("use") or entry.get("loose"), (pid, lang)


def test_no_expression_matches_nothing(evidence: EvidenceTable) -> None:
    """One that does would state its relation in every sentence."""
    for key, entry in evidence.entries.items():
        for expression in (*entry.patterns, *filter(None, (entry.words, entry.never))):
            assert expression.search("") is None, (key, expression.pattern)
            assert expression.search(f"{HEAD}{TAIL}") is None or TAIL in expression.pattern, key


def test_every_entry_is_loaded(evidence: EvidenceTable) -> None:
    assert {(int(pid[1:]), lang) for pid, lang, _ in entries()} <= set(evidence.entries)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_unrelated_words_state_nothing(evidence: EvidenceTable, schemas: SchemaSet, lang: Any) -> None:
    """A sentence of two names and a word that means nothing states only what is taken at its word (`loose`)."""
    masked = {"zh": f"{HEAD}嗯嗯嗯嗯嗯嗯{TAIL}。", "en": f"{HEAD} mumble mumble {TAIL}."}[lang]
    for (pid, code), entry in evidence.entries.items():
        if code == lang and not entry.loose and schemas.relations[pid].kind != "class":
            assert not entry.states(masked, lang), pid


# --- speed


def adversaries(expression: re.Pattern[str]) -> Iterator[str]:
    """Long texts of the characters and words of an expression, which it nearly matches at every place."""
    words = [word for word in LOOSE_ENDS.split(expression.pattern) if word]
    letters = sorted({letter for word in words for letter in word} | {"，", ",", " ", "a", "中"})
    choose = random.Random(expression.pattern)
    for letter in (*MARKS, "a", " ", "中"):
        yield letter * LONG
    for mark in MARKS:
        yield ((mark + "a中 ") * LONG)[:LONG]
        yield (mark + "a " * LONG)[:LONG]
        yield (mark + "".join(choose.choices(letters, k=LONG)))[:LONG]
    yield ("".join(choose.choices(words, k=LONG)))[:LONG]
    yield (" ".join(choose.choices(words, k=LONG)))[:LONG]
    yield ("①".join(choose.choices(words, k=LONG)))[:LONG]


def seconds(expression: re.Pattern[str], text: str) -> float:
    """How long a search and a match take."""
    start = time.thread_time()
    expression.search(text)
    expression.fullmatch(text)
    return time.thread_time() - start


@cache
def usual() -> float:
    """How long the ordinary expression takes on this machine, about."""
    return min(seconds(ORDINARY, HEAD * LONG) for _ in range(5))


def costs_too_much(expression: re.Pattern[str], text: str) -> bool:
    """Whether it takes twice as long as the ordinary expression, measured beside it: others use the machine too."""
    if seconds(expression, text) < usual():
        return False
    return all(seconds(expression, text) > 2 * seconds(ORDINARY, HEAD * LONG) for _ in range(4))


def too_slow(expressions: Iterator[tuple[str, re.Pattern[str]]]) -> list[str]:
    return [
        f"{name}: {expression.pattern[:80]}: on {text[:12]!r}…"
        for name, expression in expressions
        for text in adversaries(expression)
        if costs_too_much(expression, text)
    ]


def patterns_of_evidence(evidence: EvidenceTable) -> Iterator[tuple[str, re.Pattern[str]]]:
    seen: set[str] = set()
    for (pid, lang), entry in sorted(evidence.entries.items()):
        for expression in (*entry.patterns, *filter(None, (entry.words, entry.never))):
            if expression.pattern not in seen:
                seen.add(expression.pattern)
                yield f"P{pid}.{lang}", expression


def patterns_of_code() -> Iterator[tuple[str, re.Pattern[str]]]:
    """All compiled expressions that the modules of alignment hold, alone or by language."""
    for info in pkgutil.iter_modules(kg2instruct.align.__path__):
        module = importlib.import_module(f"kg2instruct.align.{info.name}")
        for name, value in sorted(vars(module).items()):
            for found in value.values() if isinstance(value, dict) else [value]:
                if isinstance(found, re.Pattern):
                    yield f"{info.name}.{name}", found


def test_no_expression_of_the_evidence_is_slow_on_any_text(evidence: EvidenceTable) -> None:
    assert too_slow(patterns_of_evidence(evidence)) == []


def test_no_expression_of_the_code_is_slow_on_any_text() -> None:
    found = [(name, expression) for name, expression in patterns_of_code() if "LIST_GAP" not in name]
    assert found
    assert too_slow(iter(found)) == []


@pytest.mark.parametrize(
    ("start", "member", "end"),
    [
        (", ", "Aa ", "1 x"),
        (", ", "Aa and the ", "1 x"),
        (", the ", "Aa (bc), ", "- x"),
        (" and ", "The of Aa. ", "("),
        ("、", "《甲（乙）、", "丙" * 13),
        ("、", "甲乙丙、", "丙" * 13),
        ("（丁）、", "甲（乙）（", "。"),
        ("和", "《甲》、", "（"),
    ],
)
def test_what_is_nearly_an_enumeration_is_seen_through_at_once(start: str, member: str, end: str) -> None:
    """The gap between two names is tried with more and more members; the time must not double with each."""
    gaps = [(name, expression) for name, expression in patterns_of_code() if "LIST_GAP" in name]
    assert len(gaps) == 2
    for name, expression in gaps:
        for members in range(1, 80, 2):
            assert not costs_too_much(expression, start + member * members + end), (name, members)


# --- learned words


def test_a_learned_word_counts_near_the_tail_on_the_page_of_the_head() -> None:
    evidence = Evidence(learned=re.compile("毕业"))
    assert evidence.states(f"{HEAD}毕业于{TAIL}。", "zh") == "word"
    assert evidence.states(f"{HEAD}毕业后，到{TAIL}工作。", "zh") == ""
    assert evidence.states(f"{HEAD}毕业于③、{TAIL}人。", "zh") == ""
    assert evidence.states(f"{HEAD}毕业于{TAIL}。", "zh", subject=False) == ""


def test_learned_words_are_of_known_relations(evidence: EvidenceTable, schemas: SchemaSet) -> None:
    assert evidence.learned
    assert {pid for pid, _ in evidence.learned} <= set(schemas.relations)


@pytest.mark.parametrize(("lang", "pid", "masked", "stated"), [*sentences("zh"), *sentences("en")])
def test_a_sentence_states_or_is_silent(
    lang: Lang, pid: str, masked: str, stated: bool, evidence: EvidenceTable
) -> None:
    entry = evidence.get(int(pid[1:]), lang)
    assert entry is not None
    assert bool(entry.states(masked, lang, subject=False)) is stated


def test_an_entry_has_each_key_once() -> None:
    """YAML would keep the last of two and say nothing."""
    for topic, lang in files():
        text = (FOLDER / f"{topic}.{lang}.yaml").read_text(encoding="utf-8")
        for entry in re.split(r"(?m)^(?=P\d+:)", text):
            keys = re.findall(r"(?m)^  (\w+):", entry)
            assert len(keys) == len(set(keys)), (topic, lang, entry[:60])
