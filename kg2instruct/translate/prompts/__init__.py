"""Prompts of translation: data files of this folder, and how they are filled."""

from kg2instruct.translate.prompts.load import Prompt, Words, load_prompt, load_words

__all__ = ["Prompt", "Words", "load_prompt", "load_words"]
