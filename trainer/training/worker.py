"""One process of a run: `python -m trainer.training.worker lora|pretrain OUT`, started by `kg2instruct train`."""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import NoReturn

from kg2instruct.errors import Kg2InstructError
from trainer.training.checkpoints import last_checkpoint
from trainer.training.launch import ERROR, SETTINGS
from trainer.training.options import Pretraining, Tuning
from trainer.training.place import find_place, leave
from trainer.training.settings import KINDS, read_settings
from trainer.training.silence import silence


def main(kind: str, out: Path) -> int:
    """Do this process's part; what the user can mend is left in a file for the program that started it."""
    silence()
    try:
        settings: Tuning | Pretraining = read_settings(KINDS[kind], path=out / SETTINGS)
        place = find_place(settings.run, last_checkpoint(out))
        if isinstance(settings, Tuning):
            from trainer.training.lora import tune

            tune(settings, out, place)
        else:
            from trainer.training.pretrain import pretrain

            pretrain(settings, out, place)
    except Kg2InstructError as error:
        (out / ERROR).write_text(f"{error}\n", encoding="utf-8")
        print(f"error: {error}", file=sys.stderr)
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            os._exit(1)  # others may wait for this process in vain; their launcher ends them
        return 1
    leave()
    return 0


def end(status: int) -> NoReturn:
    """End the process with `status` once its exit handlers have run, without taking the interpreter down.

    A thread of a native library that asks for the interpreter while it is taken down aborts the process now
    and then ("terminate called without an active exception"): a run that is whole would be told as failed.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    end(main(sys.argv[1], Path(sys.argv[2])))
