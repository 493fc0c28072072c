"""MediaWiki exports (XML 0.10 and 0.11) to pages.

`plan_units` cuts the inputs into units, `read_pages` reads the pages of one:

    for unit in plan_units([Path("zhwiki-pages-articles-multistream.xml.bz2")]):
        for page in read_pages(unit, problems):
            ...
"""

from __future__ import annotations

from kg2instruct.wiki.header import SiteInfo, read_siteinfo
from kg2instruct.wiki.pages import read_pages
from kg2instruct.wiki.problems import Problems
from kg2instruct.wiki.units import DumpUnit, plan_units

__all__ = ["DumpUnit", "Problems", "SiteInfo", "plan_units", "read_pages", "read_siteinfo"]
