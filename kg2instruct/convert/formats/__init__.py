"""Parsers of file formats, which know nothing of the corpora that use them."""
