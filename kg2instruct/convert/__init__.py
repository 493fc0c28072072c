"""Corpora to Examples, and back to the form of some of them.

    report = Report()
    for example in convert("duie2", [Path("duie_dev.json")], report): ...

`formats/` parses file formats and knows no corpus. To add a corpus:

- without code: a mapping file (`mapping.py`) for `kg2instruct convert json FILE --mapping mapping.yaml`;
- with code: a module with a function `(source, report) -> Iterator[Example]`, a line in `registry.py` that says
  how its files look, its labels in `schemas/corpora/NAME.yaml`, a fixture of your own in `tests/data/convert/`
  with a line in `cases.yaml`, and its records in `tests/data/convert/expected/`.

A converter counts what it finds in `report.found` and tells what it drops, one by one, so that
`report.unexplained()` stays empty. A mention that stands nowhere is kept without offsets, and told.
"""

from kg2instruct.convert.registry import CONVERTERS, EXPORTS, MAPPED, Converter
from kg2instruct.convert.report import Note, Report
from kg2instruct.convert.run import AUTO, convert
from kg2instruct.convert.source import Source, sources

__all__ = [
    "AUTO",
    "CONVERTERS",
    "EXPORTS",
    "MAPPED",
    "Converter",
    "Note",
    "Report",
    "Source",
    "convert",
    "sources",
]
