"""Templates that show names: in other languages, of countries, of pages of other wikis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from kg2instruct.lang.fold import fold
from kg2instruct.wiki.calls import Call, wikilink
from kg2instruct.wiki.data_files import load_data
from kg2instruct.wiki.marks import HOLE, PROTECT_END, PROTECT_START
from kg2instruct.wiki.titles import is_language

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_MARKS = re.compile(f"[{PROTECT_START}{PROTECT_END}]")
_CHINESE = frozenset(
    ("zh", "zho", "chi", "cmn", "lzh", "yue", "wuu", "gan", "hak", "nan", "cdo", "cjy", "hsn", "mnp")
)
_CHINESE_SCRIPTS = frozenset(("zh-hans", "zh-hant", "zh-cn", "zh-tw", "zh-hk", "zh-mo", "zh-sg"))


def language_name(code: str, lang: str) -> str:
    """Name of a language in Chinese or English; empty where it is not known."""
    names = load_data("languages.yaml")
    code = code.lower().replace("_", "-")
    pair = names.get(code) or names.get(code.partition("-")[0])
    return str(pair[0] if lang == "zh" else pair[1]) if pair else ""


def foreign(call: Call, _options: Mapping[str, str]) -> str:
    """`{{lang|ja|東京}}`: the text as it is written in its language."""
    return as_written(call.get("2") or call.get("text"), call.get("1"), call.lang)


def as_written(text: str, code: str, lang: str) -> str:
    """Text in a language, kept from the conversion of Chinese script where it is not Chinese."""
    if lang != "zh" or code.lower().partition("-")[0] in _CHINESE or _HAN.search(text) is None:
        return text
    return _kept(text)


def _kept(text: str) -> str:
    return f"{PROTECT_START}{_MARKS.sub('', text)}{PROTECT_END}" if text else ""


def labelled(call: Call, options: Mapping[str, str]) -> str:
    """`{{lang-es|Alto Hospicio}}`: 西班牙语：Alto Hospicio, or Spanish: Alto Hospicio."""
    code = options.get("lang") or call.star
    text = call.get("1") or call.get("text")
    if not text:
        return ""
    return _label(call, code, text)


def labelled_by_code(call: Call, _options: Mapping[str, str]) -> str:
    """`{{langx|es|Alto Hospicio}}`: the same with the code as a parameter."""
    text = call.get("2") or call.get("text")
    return _label(call, call.get("1"), text) if text else ""


def _label(call: Call, code: str, text: str) -> str:
    # What is labelled as traditional Chinese is shown so.
    is_script = call.lang == "zh" and code.lower() in _CHINESE_SCRIPTS
    text = _kept(text) if is_script else as_written(text, code, call.lang)
    name = call.get("label") or language_name(code, call.lang)
    if not name or call.get("label") in ("none", "no") or call.get("links") == "none":
        return text
    latin = call.get("2") if call.star else call.get("3")
    shown = f"{name}：{text}" if call.lang == "zh" else f"{name}: {text}"
    if latin and call.lang == "en":
        shown += f", {latin}"
    elif latin and not latin.isdigit() and latin != text:
        shown += f"，{latin}"
    return shown


def korean(call: Call, _options: Mapping[str, str]) -> str:
    """`{{kor|諺=구리역|漢=九里驛|羅=Guri yeok}}`: 韩语：구리역／九里驛 Guri yeok."""
    return _scripts(
        call,
        "ko",
        ("諺", "谚", "hangul", "hg", "k", "1"),
        ("漢", "汉", "hanja", "hj", "2"),
        ("羅", "罗", "rr", "rm", "3"),
    )


def japanese(call: Call, _options: Mapping[str, str]) -> str:
    """`{{jpn|j=福岡|hg=ふくおか|rm=Fukuoka}}`: 日语：福岡／ふくおか Fukuoka."""
    return _scripts(
        call, "ja", ("j", "kj", "kanji", "1"), ("hg", "k", "kg", "kana", "2"), ("rm", "romaji", "3")
    )


def vietnamese(call: Call, _options: Mapping[str, str]) -> str:
    """`{{vie|q=Hà Nội|h=河內}}`: 越南语：Hà Nội／河內."""
    return _scripts(call, "vi", ("q", "v", "qn", "1"), ("n", "hn", "h", "c", "2"), ("3",))


def _scripts(call: Call, code: str, *keys: tuple[str, ...]) -> str:
    first, second, latin = (next((value for key in group if (value := call.get(key))), "") for group in keys)
    text = as_written("／".join(value for value in (first, second) if value), code, call.lang)
    text = f"{text} {latin}".strip() if latin else text
    if not text:
        return ""
    name = language_name(code, call.lang)
    return f"{name}：{text}" if call.lang == "zh" else f"{name}: {text}"


def nihongo(call: Call, _options: Mapping[str, str]) -> str:
    """`{{nihongo|東京|東京|Tōkyō|extra}}`: the name, then the Japanese in brackets."""
    name, kanji, third, extra = (call.get(str(i)) for i in (1, 2, 3, 4))
    shown = name or third
    if call.lang == "zh":
        japanese_name = " ".join(part for part in (as_written(kanji, "ja", "zh"), call.get("romaji")) if part)
        if japanese_name and call.get("lead"):
            japanese_name = f"{language_name('ja', 'zh')}：{japanese_name}"
    else:
        japanese_name = kanji
    inside = [japanese_name, third if name else "", extra or call.get("extra")]
    inside = [part for part in inside if part]
    if not inside:
        return shown
    return f"{shown}（{'，'.join(inside)}）" if call.lang == "zh" else f"{shown} ({', '.join(inside)})"


def titled(call: Call, options: Mapping[str, str]) -> str:
    """`{{日本作品|彗星|コメット}}`: 《彗星》（日语：コメット）, a work by its title and the one in its own language."""
    title, code, original = f"《'''{call.get('1')}'''》", options["lang"], call.get("2")
    if not original:
        return title
    return f"{title}（{language_name(code, 'zh')}：{as_written(original, code, call.lang)}）"


_CHINESE_PARTS = (
    ("c", "Chinese", "中文"),
    ("s", "simplified Chinese", "简体中文"),
    ("t", "traditional Chinese", "繁体中文"),
    ("p", "pinyin", "拼音"),
    ("hp", "pinyin", "拼音"),
    ("w", "Wade–Giles", "威妥玛拼音"),
    ("j", "Jyutping", "粤拼"),
    ("cy", "Cantonese Yale", "耶鲁拼音"),
    ("poj", "Pe̍h-ōe-jī", "白话字"),
    ("l", "lit.", "直译"),
    ("first", "", ""),
)


def chinese(call: Call, _options: Mapping[str, str]) -> str:
    """`{{zh|s=北京|p=Běijīng}}`: simplified Chinese: 北京; pinyin: Běijīng."""
    labels = call.get("labels") != "no"
    shown = []
    for key, english, zh in _CHINESE_PARTS:
        value = call.get(key)
        if not value or key == "first":
            continue
        if call.lang == "zh":
            value = _kept(value) if key in ("s", "t") else value
            shown.append(f"{zh}：{value}" if labels else value)
        elif key == "l":
            shown.append(f"lit. '{value}'")
        else:
            shown.append(f"{english}: {value}" if labels else value)
    if not shown:
        text = call.get("1")
        return _label_plain(call, text) if text else ""
    return ("；" if call.lang == "zh" else "; ").join(shown)


def _label_plain(call: Call, text: str) -> str:
    return f"中文：{text}" if call.lang == "zh" else f"Chinese: {text}"


def interlanguage(call: Call, _options: Mapping[str, str]) -> str:
    """`{{ill|Local|de|Original|lt=shown}}`, with local name and language in either order."""
    first, second, third = call.get("1"), call.get("2"), call.get("3")
    shown = call.get("lt") or call.get("display")
    if is_language(first.lower()) and not is_language(second.lower()):
        # {{tsl|en|Original|local|shown}}
        return wikilink(second or third, shown or call.get("4") or third or second, first.lower())
    code = second.lower() if is_language(second.lower()) else ""
    target = (third or first) if code else first
    return wikilink(target, shown or first, code)


def helper_link(call: Call, options: Mapping[str, str]) -> str:
    """`{{link-de|本地名|Original|显示}}`: the language is part of the template's name."""
    code = (options.get("lang") or call.star).lower()
    local, foreign = call.get("1"), call.get("2")
    shown = call.get("3") or call.get("d") or local or foreign
    return wikilink(foreign or local, shown, code if foreign and is_language(code) else "")


def named_link(call: Call, _options: Mapping[str, str]) -> str:
    """`{{link-interwiki|zh=本地名|lang=en|lang_title=Original}}`."""
    local = call.get("zh") or call.get("en") or call.get("1")
    foreign = call.get("lang_title") or call.get("3") or (call.get("2") if call.get("lang-code") else "")
    code = (call.get("lang-code") or call.get("lang") or call.get("2")).lower()
    return wikilink(foreign or local, call.get("d") or local, code if foreign and is_language(code) else "")


def ship(call: Call, _options: Mapping[str, str]) -> str:
    """`{{HMS|Victory|1765}}`: a ship, whose page has the year or number in brackets."""
    name = f"{call.name.strip()} {call.get('1')}"
    number = call.get("2")
    return wikilink(f"{name} ({number})" if number else name, name) if call.get("1") else ""


@lru_cache(maxsize=1)
def country_codes() -> dict[str, list[str]]:
    """Code to names: Chinese, English, and the title of the Chinese page where it differs."""
    return {
        code: [str(name) for name in names]
        for codes, names in load_data("countries.yaml").items()
        for code in str(codes).split()
    }


@lru_cache(maxsize=1)
def _countries_in_english() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for names in country_codes().values():
        table.setdefault(fold(names[1]).removeprefix("the "), names)
    return table


def country(call: Call, options: Mapping[str, str]) -> str:
    """`{{CHN}}`, `{{flag|China}}`: the country's name as a link; the name as given where it is not known."""
    given = options.get("code") or call.get(options.get("parameter", "1"))
    names = country_codes().get(given.upper())
    if names is None and call.lang == "zh":
        names = _countries_in_english().get(fold(given).removeprefix("the "))
    if names is None:
        return _place(given, call.get("name") or given, options)
    title = names[2 if len(names) > 2 else 0] if call.lang == "zh" else names[1]
    return _place(title, call.get("name") or names[0 if call.lang == "zh" else 1], options)


def _place(title: str, shown: str, options: Mapping[str, str]) -> str:
    if "[[" in title or HOLE in title:
        return shown
    return shown if options.get("link") == "no" else wikilink(title, shown)
