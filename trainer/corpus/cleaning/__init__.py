"""Cleaning of documents, step by step: each is a function of a text and its options, see `chain`."""
