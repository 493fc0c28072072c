"""Every command that the documentation shows exists with all its flags; those of blocks marked `runs` are run."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from kg2instruct.cli.app import app
from kg2instruct.config import BuildConfig
from kg2instruct.pipeline.build import build

from .conftest import PAGES, ROOT, Block, blocks

SHELL = ("sh", "bash", "console")
# Programs of others, which are named and not checked; the arguments of `printf` are shown for what is piped.
OTHERS = {
    *("vllm", "transformers", "ray", "docker", "hf", "mkdocs", "jupyter", "pre-commit"),
    *("printf", "grep", "less", "export", "cd", "for", "done", "ssh", "srun", "sbatch", "source"),
}
MAKE = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
EXTRAS = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
# Files that pages speak of, and what stands for them here.
INPUTS = {
    "dev.json": "convert/duie2.jsonl",
    "duie_dev.json": "convert/duie2.jsonl",
    "corpora/duie_dev.json": "convert/duie2.jsonl",
    "corpora/cluener.json": "convert/cluener.jsonl",
    "news.jsonl": "convert/duie2.jsonl",
}
COMMAND = typer.main.get_command(app)
SHOWN = [
    pytest.param(command, id=f"{path.relative_to(ROOT)}:{number}")
    for path in PAGES
    for number, command in enumerate(
        command for block in blocks(path) if block.kind in SHELL for command in block.commands()
    )
]
RUN = [path for path in PAGES if any(block.runs for block in blocks(path))]


@pytest.mark.parametrize("shown", SHOWN)
def test_a_command_that_is_shown_exists_with_its_flags(shown: str) -> None:
    for part in _commands(shown):
        name, arguments = part[0], part[1:]
        if name == "kg2instruct":
            _parse(arguments)
        elif name == "make":
            assert {x for x in arguments if "=" not in x} <= MAKE
        elif name == "pip":
            assert set(re.findall(r"[\[,]([a-z]+)", "".join(x for x in arguments if "[" in x))) <= EXTRAS | {
                "serving"
            }
        elif name == "pytest":
            assert all((ROOT / x).exists() for x in arguments if not x.startswith("-"))
        elif name == "python":
            assert arguments[0] == "-m"
            assert _module_exists(arguments[1])
        else:
            assert name in OTHERS, f"unknown program {name!r}"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make build` leaves."""
    out = tmp_path_factory.mktemp("docs") / "sample"
    build(BuildConfig(lang=("zh", "en")), out)
    return out


@pytest.mark.parametrize("page", RUN, ids=lambda path: path.stem)
def test_the_commands_of_a_page_run(
    page: Path,
    sample: Path,
    program: Callable[[list[str]], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(sample, "out/sample")
    for name, source in INPUTS.items():
        Path(name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "tests" / "data" / source, name)
    for block in blocks(page):
        if block.file:
            Path(block.file).write_text(block.body, "utf-8")
        for shown in block.commands() if block.runs else ():
            name, *arguments = _commands(shown)[0]
            assert name == "kg2instruct", "only our own commands are run"
            program(arguments)


def test_pages_are_found() -> None:
    assert len(SHOWN) > 60
    assert len(RUN) >= 3


def _commands(shown: str) -> list[list[str]]:
    """The commands of a line as words, pipes and redirections taken away; `…` stands for more of the kind."""
    split = shlex.shlex(shown, posix=True, punctuation_chars="|<>&;")
    split.whitespace_split = True
    found: list[list[str]] = [[]]
    skip = False
    for word in split:
        if set(word) <= set("|&;") and word:
            found.append([])
        elif set(word) <= set("<>") and word:
            skip = True
        elif skip:
            skip = False
        elif word != "…" and not (not found[-1] and re.fullmatch(r"[A-Z_]+=.*", word)):
            found[-1].append(word)
    return [x for x in found if x]


def _parse(arguments: list[str]) -> None:
    """Let the program's own parser read the arguments, and run nothing."""
    command: Any = COMMAND
    rest = list(arguments)
    while hasattr(command, "commands"):
        name = rest.pop(0)
        assert name in command.commands, f"no command {name!r}"
        command = command.commands[name]
    if "--help" not in rest:
        command.make_context(command.name, rest)


def _module_exists(name: str) -> bool:
    return importlib.util.find_spec(name.partition(".")[0]) is not None and (
        "." not in name or (ROOT / name.replace(".", "/")).with_suffix(".py").exists()
    )


def test_a_wrong_flag_would_be_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        _parse(["build", "--no-such-flag"])
    assert _commands("A=b kg2instruct x --to 'a b' | less > out") == [
        ["kg2instruct", "x", "--to", "a b"],
        ["less"],
    ]
    assert (
        Block("sh", "$ kg2instruct a \\\n  --b  # why\n# remark\n", "", True)
        .commands()
        .__next__()
        .startswith("kg2")
    )
