"""Distant supervision: articles and a store in, examples with mentions and triples out."""
