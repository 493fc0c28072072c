"""Works of one name, a novel and the series made from it: told apart by what they are called.

`改编为23集电视剧` and `the anime` are the adaptation, 同名小说 what was adapted, and 《白鹿原》电影版 is no novel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kg2instruct.align.context import AlignContext
from kg2instruct.align.name import NOWHERE, Name
from kg2instruct.align.pronouns import FOLLOWED
from kg2instruct.lang.fold import fold
from kg2instruct.records import Lang

Adaptations = Mapping[int, str]
"""Works of the name of another one that are related to it, with the folded labels of their classes."""

# What a text calls a work of some kind, and what the labels of its classes have; the first that fits counts.
_KINDS: Mapping[Lang, Sequence[tuple[str, str]]] = {
    "zh": (
        ("动画电影|动画长片|剧场版", "动画.{0,3}[电影]片?|剧场版"),
        ("(?:电视|系列|TV)?动画(?:片|剧集|系列)?|动漫", "动画|动漫"),
        ("(?:电视连续|电视|连续|真人)剧(?:集)?|剧集|电视(?=版)", "^(?!.*动画).*(?:电视|剧集|连续剧)"),
        ("(?:真人)?电影|影片", "电影|影片"),
        ("漫画", "漫画"),
        ("(?:[长中短]篇|轻|科幻|武侠|历史|网络)?小说", "小说|文学作品|书面作品|书籍"),
        ("(?:电子|手机|电脑)?游戏", "游戏"),
        ("(?:芭蕾)?舞剧", "舞"),
        ("音乐剧", "音乐剧"),
        ("舞台剧|话剧", "舞台|戏剧|话剧"),
        ("歌剧", "歌剧"),
        ("广播剧", "广播剧"),
        ("专辑", "专辑"),
        ("单曲|歌曲", "单曲|歌"),
    ),
    "en": (
        ("(?:animated|anime) (?:feature )?film", "anim.*film"),
        ("anime(?: television)?(?: series)?|animated (?:television )?series", "anim"),
        (
            "(?:television|TV) (?:mini)?(?:series|drama|show|serial)|television|miniseries|sitcom",
            "^(?!.*anim).*television|miniseries",
        ),
        ("series|show", "television|series"),
        ("(?:live-action |feature |television )?film|movie|motion picture", "film"),
        ("manga(?: series)?", "manga"),
        ("(?:light |graphic )?novel|novella|book", "novel|literary work|written work|book"),
        ("(?:video |computer )?game", "game"),
        ("(?:stage )?musical", "musical"),
        ("ballet", "ballet|choreographic"),
        ("(?:stage )?play", "play|dramatic"),
        ("opera", "opera"),
        ("album", "album"),
        ("song|single", "song|single"),
    ),
}
_COMPILED = {
    lang: [(re.compile(noun), re.compile(classes)) for noun, classes in kinds]
    for lang, kinds in _KINDS.items()
}
_ANIMATED = re.compile("动画|动漫|anim")
_NOUN = {lang: "|".join(noun for noun, _ in kinds) for lang, kinds in _KINDS.items()}

# Where such a noun is the work made from the page's.
_TOLD = {
    "zh": re.compile(
        r"(?:(?:改编|翻拍|改拍|改写|制作|拍摄|拍|推出)(?:而成|成为|成|为|了|过|的)[^，。；：《》“”]{0,14}?|[该此这]部?"
        r"|(?:^|(?<=[。；]))(?:[0-9]{4}年(?:[0-9]{1,2}月)?[，,]?)?)"
        rf"(?P<kind>{_NOUN['zh']})(?:版本?)?(?![《“「]|版?的?主题|中|里|迷|人物)"
        rf"|(?P<version>{_NOUN['zh']})版(?![《“「])"
    ),
    "en": re.compile(
        r"(?:\b(?:adapt(?:ed|ations?)|made|turned|developed|filmed)\b[^.;()]{0,20}?\b(?:into|as|for) "
        r"(?:an? |the |its |two |both )?(?:[^.;(),]{0,24}? )??"
        r"|\b(?:[Tt]he|[Aa]n?|[Tt]his|[Ii]ts) (?:[\w-]+ ){0,1}?)"
        rf"(?P<kind>{_NOUN['en']})(?: adaptation| version)?{FOLLOWED}"
        rf"|\b(?P<version>{_NOUN['en']}) (?:adaptation|version)\b"
    ),
}
# Where it is one of the name of a work in the sentence.
_SAME_NAME = {
    "zh": re.compile(rf"同名的?[^，。；、《》“”]{{0,8}}?(?P<kind>{_NOUN['zh']})(?!版)"),
    "en": re.compile(
        rf"\b(?P<kind>{_NOUN['en']})(?: \([^()]*\))?(?: by [^.;,()]{{1,40}}?)?,? (?:of|with|by) the same (?:name|title)"
        rf"|\b(?:eponymous|same-named|namesake) (?P<other>{_NOUN['en']})\b"
    ),
}
_HINTS = {"zh": ("同名",), "en": ("same name", "same title", "eponymous", "same-named", "namesake")}
# A title and what is called so.
_BEFORE = {
    "zh": re.compile(rf"(?P<kind>{_NOUN['zh']})[《“「]?$"),
    "en": re.compile(rf"\b(?P<kind>{_NOUN['en']})(?:,|\b[^.;,:()]{{0,30}}:)? [“\"]?$"),
}
_BEHIND = {
    "zh": re.compile(rf"[》”」]?的?(?P<kind>{_NOUN['zh']})"),
    "en": re.compile(rf"[”\"]? (?P<kind>{_NOUN['en']})\b"),
}
_LONGEST_BEFORE = 64  # characters
# A heading that is nothing but the kind.
_HEADING = {
    "zh": re.compile(rf"(?:改编)?(?:的)?(?P<kind>{_NOUN['zh']})(?:版本?|改编|化)?"),
    "en": re.compile(rf"(?P<kind>{_NOUN['en']})(?: adaptation| version)?", re.IGNORECASE),
}
_MANY = 100  # works of one name of which none is looked for


def adaptations_of(work: int, own: Iterable[str], context: AlignContext) -> Adaptations:
    """The works that share one of a work's folded names and that the knowledge base connects with it."""
    if not _may_be_work(work, context):
        return {}
    held = set(context.store.objects(work))
    found: dict[int, str] = {}
    for name in own:
        named = context.named(name)
        for other in named if len(named) <= _MANY else ():
            qid = other.qid
            if qid == work or qid in found or not _may_be_work(qid, context):
                continue
            theirs = context.store.objects(qid)
            shared = held.intersection(theirs)
            if qid in held or work in theirs or any(context.coarse_type(one) == "work" for one in shared):
                found[qid] = _class_labels(qid, context)
    return found


def _may_be_work(qid: int, context: AlignContext) -> bool:
    return context.coarse_type(qid) in ("work", "")


def _label(qid: int, context: AlignContext) -> str:
    return fold(context.store.label(qid, context.lang) or "")


def _class_labels(qid: int, context: AlignContext) -> str:
    labels = (context.store.label(one, context.lang) or "" for one in context.store.classes(qid))
    return fold("，".join(labels))


def _called(noun: str, work: int, adaptations: Adaptations, context: AlignContext) -> int | None:
    """The one adaptation that a noun can mean; none where the work itself is such a thing."""
    classes = next((classes for words, classes in _COMPILED[context.lang] if words.fullmatch(noun)), None)
    if classes is None or classes.search(_class_labels(work, context)):
        return None
    fitting = [qid for qid, labels in adaptations.items() if classes.search(labels)]
    if len(fitting) > 1 and not _ANIMATED.search(noun):
        fitting = [qid for qid in fitting if not _ANIMATED.search(adaptations[qid])]
    if len(fitting) > 1:
        label = _label(work, context)
        fitting = [qid for qid in fitting if _label(qid, context) == label]
    return fitting[0] if len(fitting) == 1 else None


def _noun(found: re.Match[str]) -> str:
    return str(next(filter(None, found.groupdict().values()))).lower()


def read_titles(
    found: Iterable[Name], plain: str, work: int, adaptations: Adaptations, context: AlignContext
) -> list[Name]:
    """Names of the page's work read as the adaptation that the text means: 电影《白鹿原》, `the Naruto anime`."""
    before, behind = _BEFORE[context.lang], _BEHIND[context.lang]
    read = []
    for name in found:
        other = None
        if name.via == "title" and name.qids[0] == work:
            beside = behind.match(plain, name.end) or before.search(
                plain[max(0, name.start - _LONGEST_BEFORE) : name.start]
            )
            other = _called(_noun(beside), work, adaptations, context) if beside else None
        read.append(name if other is None else Name(name.start, name.end, (other,), "alias"))
    return read


def told_by_kind(
    plain: str,
    sentences: Sequence[tuple[int, int]],
    names: Sequence[Name],
    work: int,
    adaptations: Adaptations,
    context: AlignContext,
) -> Iterator[tuple[int, int, Name]]:
    """Where a text speaks of an adaptation of the page's work by its kind; the name that it has stands nowhere."""
    for start, end in sentences:
        for found in _TOLD[context.lang].finditer(plain, start, end):
            low, high = found.span("kind" if found["kind"] else "version")
            qid = _called(_noun(found), work, adaptations, context)
            if qid is not None and not any(_is_named(name, low, high, context) for name in names):
                yield low, high, Name(NOWHERE, NOWHERE, (qid,), "alias")


def _is_named(name: Name, low: int, high: int, context: AlignContext) -> bool:
    """Whether a stretch is of a name, not of a notion such as the film."""
    return name.start < high and low < name.end and not context.is_common(name.qids[0])


def of_the_same_name(
    plain: str, names: Sequence[Name], subject: int | None, own: Adaptations, context: AlignContext
) -> Iterator[tuple[int, int, Name]]:
    """Where a text says 同名小说 or `the novel of the same name`, of the work named last before it or of the page's."""
    if not any(hint in plain for hint in _HINTS[context.lang]):
        return
    for found in _SAME_NAME[context.lang].finditer(plain):
        start, end = found.span()
        inside = [name for name in names if name.start < end and start < name.end]
        if any(context.coarse_type(name.qids[0]) == "work" for name in inside):
            continue  # a link says it
        before = (name.qids[0] for name in reversed(names) if name.end <= start)
        work = next((qid for qid in before if context.coarse_type(qid) == "work"), subject)
        if work is None or context.coarse_type(work) != "work":
            continue
        others = own if work == subject else adaptations_of(work, (_label(work, context),), context)
        qid = _called(_noun(found), work, others, context)
        if qid is not None:
            if any(_is_named(name, start, end, context) for name in inside):
                start, end = found.span("kind")  # the novel by Mo Yan of the same name
            yield start, end, Name(start, end, (qid,), "alias")


def headed_by_kind(section: str, work: int, adaptations: Adaptations, context: AlignContext) -> Name | None:
    """The adaptation that a section is about by its heading: 电视剧版."""
    found = _HEADING[context.lang].fullmatch(section.rsplit(" / ", 1)[-1].strip())
    qid = _called(_noun(found), work, adaptations, context) if found else None
    return None if qid is None else Name(NOWHERE, NOWHERE, (qid,), "alias")
