"""Any text, without links, as records: names found by the dictionary, linked by the company they keep.

Document ─> linking ─ PageNames ─> align ─> Example
"""

from kg2instruct.annotate.annotate import Annotated, annotate_document
from kg2instruct.annotate.documents import Document, input_files, read_documents
from kg2instruct.annotate.options import AnnotateOptions

__all__ = ["AnnotateOptions", "Annotated", "Document", "annotate_document", "input_files", "read_documents"]
