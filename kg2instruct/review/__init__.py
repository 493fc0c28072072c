"""Records reviewed by people: a sample for their tools, and what their corrections say.

records ─> sample ─> spans (Annotated) ─> labelstudio | doccano ─> people ─> reviewed ─> figures, gold set
"""
