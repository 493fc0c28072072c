"""The notebooks as pages of the documentation site, with the tables and pictures that they hold."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

_FOLDER = "notebooks"
_LINK = re.compile(r"\]\((\w+)\.ipynb\)")
_LONGEST = 4_000  # characters of what a cell printed


def on_config(config: Any) -> Any:
    """Add the notebooks to the navigation, before the how-tos."""
    place = next(number for number, section in enumerate(config.nav) if "How-tos" in section)
    config.nav.insert(place, {"Notebooks": [f"{_FOLDER}/{path.stem}.md" for path in _notebooks(config)]})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add a page for each notebook, and its pictures."""
    for path in _notebooks(config):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        files.append(
            File.generated(config, f"{_FOLDER}/{path.stem}.md", content="\n\n".join(_page(path.stem, cells)))
        )
        for name, output in _pictures(path.stem, cells):
            picture = base64.b64decode(output["data"]["image/png"])
            files.append(File.generated(config, f"{_FOLDER}/{name}", content=picture))
    return files


def _notebooks(config: Any) -> list[Path]:
    return sorted((Path(config.config_file_path).parent / _FOLDER).glob("*.ipynb"))


def _pictures(stem: str, cells: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and output of each picture."""
    for number, cell in enumerate(cells):
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                yield f"{stem}-{number}.png", output


def _page(stem: str, cells: list[dict[str, Any]]) -> Iterator[str]:
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield _LINK.sub(r"](\1.md)", source)
            continue
        yield f"```python\n{source}\n```"
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "image/png" in data:
                yield f"![]({stem}-{number}.png)"
            elif "text/html" in data:
                shown = re.sub(r"\n\s*\n", "\n", "".join(data["text/html"]))
                yield f'<div class="notebook-output">\n{shown}\n</div>'
            else:
                text = "".join(output.get("text", data.get("text/plain", "")))
                yield f'<pre class="printed">{html.escape(text[:_LONGEST])}</pre>'
