"""MediaWiki's own tests of the Chinese language converter: the visible text of every case about `-{…}-`.

Cases of Parsoid's editing mode (html2wt, selser) and of other languages concern something else. The file is
MediaWiki's (GPL) and lies beside the project; without it these tests are skipped.
"""

import html
import re
from pathlib import Path

import pytest

from kg2instruct.wiki.variants import RuleTable, convert, resolve

FILE = Path(__file__).parents[2] / ".." / "shared" / "data" / "zhwiki" / "mediawiki_langParserTests.txt"
TAGS = {"zh-hant-tw": "zh-tw", "zh-hant-hk": "zh-hk", "zh-hans-cn": "zh-cn", "zh": "none"}

NAMES = "only Chinese variants have names here"
TITLES = "the title is wikitext here, not HTML that was made safe"
KNOWN_FAILURES = {
    "Code coverage: N flag for conversion rule": NAMES,
    "Code coverage: N flag for conversion rule (wt2html only)": NAMES,
    "Title with Wiki syntax": TITLES,
    "Title with JavaScript injection": TITLES,
    "Test 1 from T298401/T67747": TITLES,
}


def load_cases():
    if not FILE.is_file():
        return []
    cases = []
    for block in re.findall(r"^!! ?test\n(.*?)\n!! ?end", FILE.read_text("utf-8"), re.DOTALL | re.MULTILINE):
        name, *rest = re.split(r"^!! ?(\S+)[ \t]*\n", block + "\n", flags=re.MULTILINE)
        parts = dict(zip(rest[::2], rest[1::2], strict=True))
        options = parts.get("options", "")
        if "language=zh" not in options or "-{" not in parts.get("wikitext", "") or "html/php" not in parts:
            continue
        variant = re.search(r"htmlVariantLanguage=(\S+)", options)
        code = variant[1].lower() if variant else "zh"
        cases.append((name.strip(), TAGS.get(code, code), parts))
    return cases


CASES = load_cases()


def visible(markup):
    """Text without tags, tables' and lists' marks, and white space: enough for these cases."""
    text = re.sub(r"\{\{1x\|(.*?)\}\}", r"\1", markup)
    text = re.sub(r"\[\[File:[^|]*\|thumb\|(.*?)\]\]", r"\1", text)
    text = re.sub("(?m)^(;\ue000.*\ue001):", r"\1", text)
    return re.sub(r"(?m)^\{\|.*$|^\|[-}].*$|^[;#*|:]+|\|\|", "", text)


def flat(text):
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^<>]*>", "", text)))


def passes(variant, parts):
    rules = RuleTable(variant)
    text, _ = convert(visible(resolve(parts["wikitext"], rules)), [], rules)
    title = parts.get("metadata+langconv") or parts.get("metadata/php")
    if title and "mw-page-title-main" in title:
        title = "None"
    return flat(text) == flat(parts["html/php"]) and (not title or flat(str(rules.title)) == flat(title))


@pytest.mark.skipif(not CASES, reason=f"{FILE.name} is not beside the project")
def test_the_number_of_cases_passed():
    passed = [name for name, variant, parts in CASES if passes(variant, parts)]
    assert (len(passed), len(CASES)) == (len(CASES) - len(KNOWN_FAILURES), 54)


@pytest.mark.parametrize(("name", "variant", "parts"), CASES, ids=[name for name, _, _ in CASES])
def test_shows_what_mediawiki_shows(name, variant, parts):
    if name in KNOWN_FAILURES:
        assert not passes(variant, parts), f"passes now, take it off the list: {KNOWN_FAILURES[name]}"
    else:
        assert passes(variant, parts)
