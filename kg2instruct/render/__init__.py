"""Records to instructions and back: tasks, output formats, templates, sampling.

Example ──> questions (which labels) ──> template × output format ──> InstructionRow
"""

from __future__ import annotations

from kg2instruct.render.formats import FORMATS, Format, Parsed
from kg2instruct.render.labels import Label, LabelSchema, Topic
from kg2instruct.render.options import RenderOptions
from kg2instruct.render.rows import render_example, render_examples
from kg2instruct.render.tasks import TASKS, Item, Task
from kg2instruct.render.templates import template_sets

__all__ = [
    "FORMATS",
    "TASKS",
    "Format",
    "Item",
    "Label",
    "LabelSchema",
    "Parsed",
    "RenderOptions",
    "Task",
    "Topic",
    "render_example",
    "render_examples",
    "template_sets",
]
