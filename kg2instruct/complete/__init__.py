"""Records completed by an extraction model: asked, grounded, checked, merged with what they have."""

from kg2instruct.complete.options import CompleteOptions
from kg2instruct.complete.outcomes import Completed, Summary

__all__ = ["CompleteOptions", "Completed", "Summary"]
