"""MediaWiki's own words in double braces: the few that show text, and which names are such words."""

from __future__ import annotations

import re
from collections.abc import Callable

from kg2instruct.wiki.render_units import grouped

_MAGIC = re.compile(
    r"(?:DEFAULTSORT(?:KEY)?|DISPLAYTITLE|(?:FULL|SUB|BASE|ROOT|TALK|SUBJECT|ARTICLE)*(?:PAGE|SPACE)NAMEE?|NAMESPACEE?"
    r"|(?:CURRENT|LOCAL)(?:YEAR|MONTH|DAY|TIME|HOUR|WEEK|DOW)\w*|(?:CURRENT|LOCAL)TIMESTAMP|NUMBEROF\w+|REVISION\w+|SITENAME"
    r"|SERVER\w*|SCRIPTPATH|CURRENTVERSION|CONTENTLANG\w*|PAGESIZE|PAGESINCATEGORY|PROTECTIONLEVEL|FULLURLE?|LOCALURLE?"
    r"|CANONICALURLE?|FILEPATH|NOEXTERNALLANGLINKS|GENDER|INT|NS|NSE|ANCHORENCODE|URLENCODE|默认排序|默認排序|預設排序|默认排序关键字|显示标题|顯示標題)"
)

_IN_BRACKETS = re.compile(r"(?<=\S) ?[(（][^()（）]*[)）]$")


def is_magic_word(name: str) -> bool:
    """Whether the name is a variable or function of MediaWiki that shows nothing of use in running text."""
    return _MAGIC.fullmatch(name.strip().upper()) is not None


def named_page(name: str, title: str) -> str:
    """The page's own title where the name is a variable that shows it, `{{PAGENAMEBASE}}` without its brackets."""
    if name in ("PAGENAME", "FULLPAGENAME", "BASEPAGENAME", "SUBPAGENAME"):
        return title
    return _IN_BRACKETS.sub("", title) if name in ("PAGENAMEBASE", "Pagenamebase") else ""


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _formatnum(text: str) -> str:
    return grouped(text.partition("|")[0])


FUNCTIONS: dict[str, Callable[[str], str]] = {
    "formatnum": _formatnum,
    "lc": str.lower,
    "uc": str.upper,
    "ucfirst": _upper_first,
    "lcfirst": _lower_first,
}
