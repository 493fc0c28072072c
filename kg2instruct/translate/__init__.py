"""Instruction data from one language to the other through a chat model, no call paid twice."""

from kg2instruct.translate.items import Item, Part, TranslatedRow
from kg2instruct.translate.options import TranslateOptions
from kg2instruct.translate.outcomes import Summary

__all__ = ["Item", "Part", "Summary", "TranslateOptions", "TranslatedRow"]
