"""Corpora to Examples, and back to the form of some of them.

    report = Report()
    for example in convert("duie2", [Path("duie_dev.json")], report): ...

A converter is a function `(source, report) -> Iterator[Example]` beside a line in `registry.py`, or a mapping
file (`mapping.py`). `formats/` parses file formats and knows no corpus.
"""

from kg2instruct.convert.registry import CONVERTERS, EXPORTS, Converter
from kg2instruct.convert.report import Note, Report
from kg2instruct.convert.run import AUTO, convert
from kg2instruct.convert.source import Source, sources

__all__ = ["AUTO", "CONVERTERS", "EXPORTS", "Converter", "Note", "Report", "Source", "convert", "sources"]
