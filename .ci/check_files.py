"""Check files before a commit: an end-of-line at the end, and no large ones. Names on the command line, exit 1."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main() -> int:
    """Tell every file that fails; 1 when there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--end-of-file", action="store_true", help="the last line ends, and is not empty")
    parser.add_argument("--largest", type=int, help="bytes that a file may have")
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    wrong: list[str] = []
    for file in options.files:
        if options.largest and file.stat().st_size > options.largest:
            wrong.append(f"{file}: {file.stat().st_size:,} bytes, more than {options.largest:,}")
        if options.end_of_file:
            content = file.read_bytes()
            if content and (not content.endswith(b"\n") or content.endswith(b"\n\n")):
                wrong.append(f"{file}: should end with one newline")
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
