"""What the documentation site needs beside mkdocs.yml.

Pages that lie elsewhere in the project become part of the site, links between them and `docs/` hold in both places, and
a how-to that mkdocs.yml does not list yet stands at the end of the how-tos.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ELSEWHERE = (
    "README.zh.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "schemas/README.md",
    "templates/README.md",
    "recipes/README.md",
)
_HOWTO = "howto"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Add how-tos that are not listed."""
    listed = next(section[name] for section in config.nav for name in section if name == "How-tos")
    there = sorted(path.name for path in (Path(config.docs_dir) / _HOWTO).glob("*.md"))
    listed += [page for name in there if (page := f"{_HOWTO}/{name}") not in listed]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from elsewhere."""
    root = Path(config.config_file_path).parent
    for name in ELSEWHERE:
        files.append(File.generated(config, name, abs_src_path=str(root / name)))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """Turn links that hold in the project into links that hold on the site; a file that is not on it is named only."""
    here = page.file.src_uri
    folder = posixpath.dirname(here if here in ELSEWHERE or here.startswith("notebooks/") else f"docs/{here}")

    def turned(link: re.Match[str]) -> str:
        image, text, target, anchor = link[1], link[2], link[3], link[4] or ""
        if "://" in target or target.startswith("mailto:"):
            return link[0]
        path = posixpath.normpath(posixpath.join(folder, target)).removeprefix("docs/")
        path = "index.md" if path == "README.md" else path
        path = re.sub(r"\.ipynb$", ".md", path)
        if files.get_file_from_path(path) is None:
            return f"{text} (`{path}`)"
        return f"{image}[{text}]({posixpath.relpath(path, posixpath.dirname(here) or '.')}{anchor})"

    return _LINK.sub(turned, markdown)
