"""Words of relations, learned by association: what counts where, what is kept, and the same from any order."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kg2instruct.align.learn import (
    LearnedWord,
    LearnOptions,
    MaskedCase,
    WordCounts,
    learn_words,
    log_odds,
    words_near,
)
from kg2instruct.align.learned import read_learned, write_learned
from kg2instruct.align.near import stretches_near
from kg2instruct.config import BuildConfig
from kg2instruct.errors import ConfigError
from kg2instruct.pipeline.learning import learn
from kg2instruct.records import Lang

BIRTH, SCHOOL, FILM, CAST, OTHER = 19, 69, 57, 161, 17
FEW = LearnOptions(min_pages=3, min_cases=5, min_score=2.0)

# Two sentences of each property; a topic's word (影片) goes with two of them.
SENTENCES = {
    BIRTH: ("①，④出生于②，作家。", "①出生在②的一个农民家庭。"),
    SCHOOL: ("①，④，毕业于②，师从③。", "①早年毕业于②。"),
    FILM: ("①是②执导的影片。", "影片①由②执导，③主演。"),
    CAST: ("①是②主演的影片。", "影片①由③执导，②主演。"),
    OTHER: ("①是②的一座城市。", "①位于②北部。"),
}


def pages(number: int = 40) -> Iterator[list[MaskedCase]]:
    """Pages with one sentence each, of all properties in turn."""
    for page in range(number):
        pid = list(SENTENCES)[page % len(SENTENCES)]
        yield [MaskedCase(pid, SENTENCES[pid][page // len(SENTENCES) % 2])]


def counted(lang: Lang = "zh", number: int = 40) -> WordCounts:
    counts = WordCounts(lang)
    for page in pages(number):
        counts.add_page(page)
    return counts


def words_of(learned: dict[int, list[LearnedWord]], pid: int) -> list[str]:
    return [word.word for word in learned.get(pid, ())]


# --- where words count


@pytest.mark.parametrize(
    ("masked", "expected"),
    [
        ("①生于④，毕业于②，师从③。", ["毕业"]),
        ("词曲③作词，②作曲。", ["作曲"]),
        ("《①》由③执导，②主演", ["主演"]),
        ("①，毕业于④的②", ["毕业"]),  # a date between is no rival of a school
        ("①与③结婚", []),  # no tail at all
    ],
)
def test_a_word_counts_in_the_clause_of_the_tail_with_no_name_between(
    masked: str, expected: list[str]
) -> None:
    assert list(words_near(MaskedCase(SCHOOL, masked), "zh")) == expected


def test_another_date_ends_the_stretch_of_a_date() -> None:
    near = list(words_near(MaskedCase(569, "①结婚④②出生", value=True), "zh"))
    assert near == ["出生"]


def test_english_words_are_lower_case_with_pairs_and_without_names() -> None:
    near = list(words_near(MaskedCase(BIRTH, "Born in Old ②, ① was married there"), "en"))
    assert near == ["born", "born in"]


def test_stop_words_numbers_and_single_characters_are_no_words() -> None:
    assert list(words_near(MaskedCase(OTHER, "①后来成为②的1个一个"), "zh")) == []


@given(st.text(alphabet="①②③④，。ab 中生于,.", max_size=60), st.booleans())
def test_stretches_hold_the_tail_and_no_other_name(masked: str, value: bool) -> None:
    for low, high in stretches_near(masked, "zh", value=value):
        assert 0 <= low < high <= len(masked)
        assert "②" in masked[low:high]
        assert "①" not in masked[low:high]


# --- what is learned


def test_the_words_that_state_a_relation_are_found() -> None:
    learned = learn_words(counted(), options=FEW)
    assert words_of(learned, SCHOOL) == ["毕业"]
    assert "执导" in words_of(learned, FILM)
    assert "主演" in words_of(learned, CAST)


def test_words_of_a_topic_are_of_no_relation() -> None:
    """影片 stands near directors as often as near actors: its share is a half at most."""
    learned = learn_words(
        counted(), options=LearnOptions(min_pages=3, min_cases=5, min_score=1.0, min_share=0.6)
    )
    assert all("影片" not in words_of(learned, pid) for pid in SENTENCES)


def test_a_word_on_few_pages_is_not_learned_however_often_it_stands_there() -> None:
    counts = counted()
    counts.add_page([MaskedCase(SCHOOL, f"①{'甲' * n}肄业于②") for n in range(1, 12)])
    assert counts.words[SCHOOL]["肄业"] > 8
    assert "肄业" not in words_of(learn_words(counts, options=FEW), SCHOOL)


def test_a_sentence_counts_once_on_a_page_and_a_page_of_lists_only_so_often() -> None:
    counts = WordCounts("zh")
    counts.add_page([MaskedCase(SCHOOL, "①毕业于②")] * 5)
    assert counts.cases[SCHOOL] == counts.words[SCHOOL]["毕业"] == 1
    counts.add_page([MaskedCase(SCHOOL, f"①{'甲' * n}毕业于②") for n in range(100)])
    assert counts.cases[SCHOOL] == 21


def test_the_same_fact_from_the_other_end_is_no_contrast() -> None:
    counts = WordCounts("zh")
    for page in range(20):
        counts.add_page(
            [MaskedCase(36, "①的首都②"), MaskedCase(1376, "②的首都①"), MaskedCase(OTHER, f"①属于②{page}")]
        )
    assert words_of(learn_words(counts, options=FEW, same={36: [1376], 1376: [36]}), 36) == ["首都"]


def test_words_can_be_left_out() -> None:
    learned = learn_words(counted(), options=FEW, leave_out=lambda word: word == "毕业")
    assert SCHOOL not in learned


def test_of_words_that_hold_one_another_the_shortest_is_kept() -> None:
    counts = WordCounts("en")
    for page in range(12):
        counts.add_page([MaskedCase(BIRTH, f"① was born in ② {page}"), MaskedCase(OTHER, "① is a city of ②")])
    assert words_of(learn_words(counts, options=FEW), BIRTH) == ["born"]


def test_the_score_is_signed_and_grows_with_the_evidence() -> None:
    def score(n: int, others: int) -> float:
        return log_odds(n, 100, others, 1000, 50 * (n + others) / 1100, 50)

    assert score(10, 100) == pytest.approx(0, abs=1e-9)
    assert score(1, 100) < 0 < score(20, 100) < score(40, 100)
    assert score(2, 0) < 4 < score(30, 0)  # seen twice is not enough


# --- counting in parts


@given(st.integers(0, 40), st.randoms())
def test_counts_of_parts_add_up_in_any_order(cut: int, chance: random.Random) -> None:
    parts = list(pages())
    one, two = WordCounts("zh"), WordCounts("zh")
    for number, page in enumerate(parts):
        (one if number < cut else two).add_page(page)
    both = [WordCounts.from_bytes(part.to_bytes(), "zh") for part in (one, two)]
    chance.shuffle(both)
    both[0].merge(both[1])
    assert both[0] == counted()


def test_trimming_keeps_the_frequent_words() -> None:
    counts = counted()
    counts.trim(1)
    assert {len(words) for words in counts.words.values()} == {1}
    assert counts.words[SCHOOL] == {"毕业": 8}
    assert counts.pages[SCHOOL] == {"毕业": 8}


# --- files


def test_a_file_says_what_was_learned(tmp_path: Path) -> None:
    file = tmp_path / "learned.en.yaml"
    words = {BIRTH: [LearnedWord("born", 12, 10, 5.25, 0.5), LearnedWord("no", 9, 9, 4.0, 0.41)]}
    write_learned(file, "en", words, names={BIRTH: "place of birth"}, cases={BIRTH: 30})
    assert read_learned(file) == ("en", {BIRTH: ["born", "no"]})
    entry = yaml.safe_load(file.read_text())["learned"]["P19"][0]
    assert entry == {"word": "born", "cases": 12, "pages": 10, "score": 5.2, "share": 0.5}
    assert "# place of birth: 30 cases" in file.read_text()


def test_a_file_without_words_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "learned.zh.yaml"
    write_learned(file, "zh", {}, names={}, cases={})
    assert read_learned(file) == ("zh", {})


@pytest.mark.parametrize(
    "content", ["", "lang: zh", "lang: de\nlearned: {}", "learned: [", "lang: zh\nlearned: {19: x}"]
)
def test_a_file_of_something_else_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "learned.zh.yaml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"learned\.zh\.yaml"):
        read_learned(file)


# --- over pages


def sample(tmp_path: Path, name: str, workers: int = 1) -> bytes:
    out = tmp_path / name
    report = learn(BuildConfig(lang=("zh",)), out, options=FEW, workers=workers)
    assert report.tally.counts["pages"] > 50
    assert not (tmp_path / f"{name}.work").exists()
    return out.read_bytes()


def test_the_sample_teaches_words_and_any_number_of_workers_the_same(tmp_path: Path) -> None:
    one = sample(tmp_path, "one.yaml")
    assert read_learned(tmp_path / "one.yaml")[1][36] == ["首都"]
    assert sample(tmp_path, "two.yaml", workers=2) == one


def test_units_of_measurement_and_places_are_not_learned(tmp_path: Path) -> None:
    sample(tmp_path, "words.yaml")
    words = {word for found in read_learned(tmp_path / "words.yaml")[1].values() for word in found}
    assert words.isdisjoint({"公里", "平方公里", "厘米", "德国", "北京"})


def test_hash_seeds_change_nothing(tmp_path: Path) -> None:
    files = []
    for seed in ("1", "2"):
        files.append(tmp_path / f"{seed}.yaml")
        command = [
            sys.executable,
            "-m",
            "kg2instruct",
            "learn",
            "--quiet",
            "--min-pages",
            "4",
            "--workers",
            "1",
        ]
        subprocess.run(
            [*command, "--out", str(files[-1])], check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        )
    assert files[0].read_bytes() == files[1].read_bytes()
    assert read_learned(files[0])[1]


def test_words_are_learned_for_one_language_at_a_time(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one language"):
        learn(BuildConfig(lang=("zh", "en")), tmp_path / "words.yaml")
