"""Instruction datasets for information extraction from Wikipedia and Wikidata."""

__version__ = "0.1.0"
