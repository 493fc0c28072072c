"""Entities of Wikidata, or of a Wikibase of one's own, from a SPARQL endpoint instead of a dump.

    selection ─ fetch ─> queries by entity ─ client ─> rows ─ entities ─> the lines that a dump would hold

The lines go through the same builder as a dump's (`wikidata.build`), so the two make the same store.
"""
