"""`python -m kg2instruct` and the `kg2instruct` program."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line: exit 0 done, 1 an error of ours in one line, 2 wrong usage."""
    from kg2instruct.cli.app import INTERRUPTED, run

    status = run()
    if status == INTERRUPTED:  # threads that still wait for a server would hold the program up
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    main()
