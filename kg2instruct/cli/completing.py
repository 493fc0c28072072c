"""How a completion is run from the command line: local models, progress, plans and summaries."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from kg2instruct.chat import CallOptions
from kg2instruct.chat.local import AnswerAll, BatchAnswerer
from kg2instruct.cli.call_progress import CallProgress, calls_shown, check_answered, check_price, tell_basis
from kg2instruct.cli.options import messages
from kg2instruct.cli.records import Records
from kg2instruct.cli.show import print_json, show_counts
from kg2instruct.cli.trainer import trainer_module
from kg2instruct.complete.outcomes import Summary
from kg2instruct.complete.questions import Desk
from kg2instruct.complete.run import complete_file, journal_beside, plan_file
from kg2instruct.errors import ConfigError


def is_local(model: str) -> bool:
    """Whether a name is a folder's. Raises ConfigError for what can be nothing else and is not there."""
    if Path(model).is_dir():
        return True
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ConfigError(f"--model {model}: no such folder")
    return False


def load_local(model: str, temperature: float, max_new_tokens: int, seed: int) -> BatchAnswerer:
    """A model of the trainer, by folder or name on the Hub."""
    loaded: BatchAnswerer = trainer_module("inference.answers").load_answers(
        model, temperature=temperature, max_new_tokens=max_new_tokens, seed=seed
    )
    return loaded


def show_plan(source: Records, out: Path, desk: Desk, journal: Path | None, *, quiet: bool) -> None:
    """Tell what the run would take; data to standard output as JSON."""
    told = plan_file(source, desk, journal or journal_beside(out))
    if not quiet:
        tell_basis(told, desk.model)
        source.tell_bad()
    print_json(told.to_json())


def run(
    source: Records,
    out: Path,
    desk: Desk,
    how: CallOptions | AnswerAll,
    *,
    journal: Path | None,
    batch: int,
    quiet: bool,
) -> None:
    """Complete a file with progress, and show the counts.

    Raises EndpointDownError where no record was completed because calls failed.
    """
    if isinstance(how, CallOptions):
        check_price(desk.model, how)
    total = sum(1 for _ in source) if messages.is_terminal and not quiet else None
    shown = nullcontext() if quiet else CallProgress("completing", total)
    with shown as progress:

        def tell(summary: Summary) -> None:
            if progress:
                progress.tell(summary.records, summary.calls, f"{summary.outcomes['added']} added")

        summary = complete_file(source, out, desk, how, journal=journal, tell=tell, batch=batch)
    if not quiet:
        show_counts(str(out), _counts(summary), messages)
        source.tell_bad()
    check_answered(summary.records - summary.not_done.total(), summary.not_done)


def _counts(summary: Summary) -> dict[str, object]:
    names = ("records", "completed", "triples", "questions", "unreadable_answers")
    shown: dict[str, object] = {name.replace("_", " "): getattr(summary, name) for name in names}
    shown |= summary.outcomes.most_common()
    shown |= {f"not done: {reason}": number for reason, number in summary.not_done.items()}
    return shown | calls_shown(summary.calls)
