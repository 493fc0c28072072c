"""Scores of a model's answers: `evaluate_rows(rows, answers) -> Scores`."""

from __future__ import annotations

from kg2instruct.evaluate.evaluate import evaluate_file, evaluate_rows, read_answers
from kg2instruct.evaluate.report import score_notes, score_plot, score_table
from kg2instruct.evaluate.scores import Scores

__all__ = [
    "Scores",
    "evaluate_file",
    "evaluate_rows",
    "read_answers",
    "score_notes",
    "score_plot",
    "score_table",
]
