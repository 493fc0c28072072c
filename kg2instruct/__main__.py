"""`python -m kg2instruct` and the `kg2instruct` program."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line: exit 0 done, 1 an error of ours in one line, 2 wrong usage."""
    from kg2instruct.cli.app import run

    sys.exit(run())


if __name__ == "__main__":
    main()
