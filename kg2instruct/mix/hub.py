"""Datasets of the Hub as sources, read as streams at one commit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kg2instruct.errors import InputError
from kg2instruct.mix.recipe import SourceSpec


@dataclass(frozen=True, slots=True)
class HubSource:
    """A dataset at a commit, with the names of its splits."""

    name: str
    config: str
    commit: str
    splits: tuple[str, ...]

    @classmethod
    def find(cls, spec: SourceSpec) -> HubSource:
        """Ask the Hub which commit and splits there are. Raises InputError with one line."""
        import datasets
        from huggingface_hub import HfApi

        name = spec.path[0]
        try:
            commit = HfApi().dataset_info(name, revision=spec.revision or None).sha or ""
            splits = datasets.get_dataset_split_names(name, spec.config or None, revision=commit)
        except Exception as error:  # many kinds: network, permission, no such dataset or configuration
            raise InputError(f"source {spec.name}: dataset {name}: {_first_line(error)}") from error
        return cls(name, spec.config, commit, tuple(str(split) for split in splits))

    def rows(self, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows of a split, in order."""
        import datasets

        try:
            rows = datasets.load_dataset(
                self.name, self.config or None, split=split, revision=self.commit, streaming=True
            )
            for number, row in enumerate(rows):
                yield f"{self.name}/{split}:{number}", dict(row)
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"dataset {self.name}, split {split}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
