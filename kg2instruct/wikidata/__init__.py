"""Wikidata dumps to a packed, memory-mapped store of names, types and claims."""
