"""The program: help, exit statuses, errors in one line, data to standard output and messages to standard error."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kg2instruct.cli.app import app, run
from kg2instruct.config import BuildConfig
from kg2instruct.render.options import RenderOptions

COMMANDS = {command.name or "" for command in app.registered_commands} | {
    group.name or "" for group in app.registered_groups
}
FOR_MAINTAINERS = {"learn"}  # makes tables that are part of the package
ROOT = Path(__file__).parents[2]
HEAVY = (
    "torch",
    "numpy",
    "pyarrow",
    "duckdb",
    "datasets",
    "yaml",
    "msgspec",
    "opencc",
    "jieba",
    "kg2instruct.pipeline",
)


@pytest.fixture(scope="module")
def records(built: Path) -> Path:
    return built / "aligned" / "zh-00000.jsonl"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(program: Any, command: str) -> None:
    shown = program(command, "--help")
    assert shown.returncode == 0
    assert "Usage:" in shown.stdout
    assert shown.stderr == ""


@pytest.mark.parametrize("command", ["build", "info"])
def test_commands_of_groups_have_help(program: Any, command: str) -> None:
    assert "Usage:" in program("kb", command, "--help").stdout


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_command_stands_in_the_table_of_the_readme(readme: str) -> None:
    lines = (ROOT / readme).read_text("utf-8").splitlines()
    listed = {word for line in lines if line.startswith("| `") for word in re.findall(r"`([a-z]+)[ `]", line)}
    assert sorted(COMMANDS - listed - FOR_MAINTAINERS) == []


def test_help_tells_the_defaults_of_the_configuration(program: Any) -> None:
    build, render = BuildConfig(), RenderOptions()
    of_build = {
        "--lang": "zh",
        "--tasks": ",".join(build.render.tasks),
        "--negatives": f"{build.render.negatives:g}",
        "--passage": build.wiki.passage,
        "--max-chars": build.wiki.max_chars,
        "--variant": build.wiki.variant,
        "--lists": "lists" if build.wiki.lists else "no-lists",
        "--strict": "strict" if build.strict else "tolerant",
    }
    of_render = {
        "--task": ",".join(render.tasks),
        "--wording": render.wording,
        "--open-rate": render.open_rate,
        "--definitions": render.definitions,
        "--synonyms": render.synonyms,
        "--templates-per-record": render.templates_per_record,
        "--hard-negatives": "hard-negatives" if render.hard_negatives else "random-negatives",
        "--most-specific": "most-specific" if render.most_specific else "all-links",
    }
    for command, defaults in (("build", of_build), ("render", of_render)):
        lines = program(command, "--help").stdout.splitlines()
        for flag, default in defaults.items():
            assert any(f" {flag} " in line and f"[default: {default}]" in line for line in lines), flag


def test_help_is_broken_where_the_terminal_ends_and_not_where_the_source_does(program: Any) -> None:
    assert "duie2, dygiepp, fewrel" in program("convert", "--help").stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['kg2instruct', '--help']; from kg2instruct.cli.app import run; status = run();"
        f"print([name for name in {HEAVY!r} if name in sys.modules], len(sys.modules) < 500); sys.exit(status)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # A module takes about a millisecond to load.
    assert shown.stdout.splitlines()[-1] == "[] True"


def test_version_is_told(program: Any) -> None:
    assert program("--version").stdout.startswith("kg2instruct 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--no-such-flag"],
        ["build", "--workers", "0"],
        ["build", "--workers", "many"],
        ["render"],
        ["no-such-command"],
        ["evaluate", "rows.jsonl"],
        ["evaluate", "rows.jsonl", "--oracle", "--answers", "a.jsonl"],
    ],
)
def test_wrong_usage_exits_with_2(program: Any, arguments: list[str]) -> None:
    shown = program(*arguments)
    assert shown.returncode == 2
    assert shown.stdout == ""
    assert "Error" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "--lang", "fr"], "'fr' is not zh or en"),
        (["build", "--lang", "zh", "--wikipedia", "no.xml", "--wikidata", "no.json"], "no.xml: No such file"),
        (["build", "--wikipedia", "no.xml"], "add --wikidata DUMP or --kb DIR"),
        (["build", "--formats", "jsn"], "did you mean 'json'?"),
        (["build", "--config", "no.yaml"], "no.yaml: No such file"),
        (["kb", "info", "no"], "no: is not there"),
        (["kb", "build", "no.json"], "no.json: No such file"),
        (["render", "no.jsonl", "--out", "x"], "no.jsonl: No such file"),
        (["evaluate", "no.jsonl", "--oracle"], "no.jsonl: No such file"),
        (["score", "no", "--run", "no"], "no: holds no gold.jsonl"),
        (["stats", "no"], "no: holds no stats.json"),
        (["templates", "re/zzh"], "did you mean 're/zh'?"),
        (["schemas", "persn"], "did you mean 'person'?"),
        (["formats", "jsn"], "did you mean 'json'?"),
    ],
)
def test_an_error_is_one_line_and_exits_with_1(
    program: Any, tmp_path: Path, arguments: list[str], said: str
) -> None:
    shown = program(*arguments, cwd=tmp_path)
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert shown.stderr.startswith("error: ")
    assert said in shown.stderr
    assert shown.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "lora", "--preset", "tiny", "--data", "rows"],
        ["train", "lora", "--base", "model", "--data", "rows", "--dry-run"],
        ["train", "pretrain", "--base", "model", "--corpus", "corpus"],
        ["predict", "rows", "--model", "model", "--out", "answers.jsonl"],
        ["chat", "--model", "model"],
    ],
)
def test_without_torch_a_command_that_needs_it_says_what_to_install(arguments: list[str]) -> None:
    # `None` stands for a module that is not there.
    code = f"import sys; sys.modules['torch'] = None; sys.argv = ['kg2instruct', *{arguments!r}]\n"
    code += "from kg2instruct.cli.app import run; sys.exit(run())"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    assert shown.stderr == "error: torch is not installed; run: pip install 'kg2instruct[trainer]'\n"


def test_build_shows_the_funnel_examples_and_where_to_look(program: Any, towns: Any, tmp_path: Path) -> None:
    shown = program("build", *towns.flags, "--out", tmp_path / "out")
    assert shown.returncode == 0
    assert shown.stdout == ""
    told = shown.stderr
    for part in (
        "align zh: ",
        "pages read",
        "triples",
        "rows by topic",
        "instruction ",
        "output ",
        "load_dataset(",
    ):
        assert part in told, part
    assert told.count("\noutput ") == 3
    assert "Traceback" not in told


def test_pages_that_the_knowledge_base_does_not_know_are_told(
    program: Any, towns: Any, tmp_path: Path, make: Any
) -> None:
    (tmp_path / "entities.jsonl").write_text(make.entity("Q1", "別處") + "\n", "utf-8")
    flags = ["--wikipedia", towns.pages[0], "--wikidata", tmp_path / "entities.jsonl"]
    shown = program("build", *flags, "--out", tmp_path / "out")
    assert shown.returncode == 0
    assert "nothing was aligned" in shown.stderr


def test_quiet_says_nothing(program: Any, towns: Any, tmp_path: Path) -> None:
    shown = program("build", *towns.flags, "--out", tmp_path / "out", "--quiet", "--limit", "2")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "")


def test_the_config_of_a_dataset_builds_it_again(
    program: Any, built: Path, tmp_path: Path, make: Any
) -> None:
    shown = program("build", "--config", built / "config.yaml", "--out", tmp_path / "again", "-q")
    assert shown.stderr == ""
    assert make.bytes_of(tmp_path / "again", "data", "aligned") == make.bytes_of(built, "data", "aligned")


def test_a_part_that_cannot_be_done_exits_with_1(
    towns: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import os
    import signal

    from kg2instruct.pipeline import stages

    align = stages.align_article

    def kill(article: Any, context: Any, **options: Any) -> Any:
        if article.title == towns.names[9]:
            os.kill(os.getpid(), signal.SIGKILL)
        return align(article, context, **options)

    monkeypatch.setattr(stages, "align_article", kill)
    flags = [
        "kg2instruct",
        "build",
        *towns.flags,
        "--out",
        str(tmp_path / "out"),
        "--workers",
        "2",
        "--quiet",
    ]
    monkeypatch.setattr(sys, "argv", flags)
    assert run() == 1
    told = " ".join(capfd.readouterr().err.split())
    assert "1 parts could not be done" in told
    assert "no manifest.json" in told


def test_align_writes_records_only(program: Any, towns: Any, built: Path, tmp_path: Path, make: Any) -> None:
    shown = program("align", *towns.flags, "--out", tmp_path / "out")
    assert shown.returncode == 0
    assert make.bytes_of(tmp_path / "out", "aligned") == make.bytes_of(built, "aligned")
    assert not (tmp_path / "out" / "data").exists()


def test_kb_build_and_info_speak_of_what_is_inside(program: Any, towns: Any, tmp_path: Path) -> None:
    made = program("kb", "build", towns.entities, "--out", tmp_path / "kb")
    assert made.returncode == 0
    assert re.search(r"names zh +[0-9]+ *$", made.stderr, re.MULTILINE)
    described = json.loads(program("kb", "info", tmp_path / "kb", "--json").stdout)
    assert described["langs"] == ["zh", "en"]
    assert described["counts"]["items"] == 51
    by_id, by_name = (program("kb", "info", tmp_path / "kb", name).stdout for name in ("Q900001", "长歌国"))
    assert "Q6256 国家" in by_id
    assert by_name.replace("长歌国", "Q900001").split() == by_id.replace("长歌国", "Q900001").split()
    missing = program("kb", "info", tmp_path / "kb", "Q1")
    assert missing.returncode == 1
    assert "has no Q1" in missing.stderr


def test_a_finished_knowledge_base_is_replaced_only_when_told(
    program: Any, towns: Any, tmp_path: Path
) -> None:
    build, out = ("kb", "build", towns.entities, "--out", tmp_path / "kb"), tmp_path / "kb"
    assert program(*build).returncode == 0
    kept = (out / "manifest.json").stat()
    again = program(*build)
    assert (again.returncode, "was finished before; --fresh" in again.stderr) == (0, True)
    refused = program(*build, "--lang", "zh")
    assert refused.returncode == 1
    assert (
        "holds a finished knowledge base (names in zh, en); name another --out, or --fresh" in refused.stderr
    )
    newer = tmp_path / "newer.jsonl"
    newer.write_bytes(towns.entities.read_bytes())
    os.utime(newer, (kept.st_mtime + 9, kept.st_mtime + 9))
    assert program("kb", "build", newer, "--out", out).returncode == 1
    assert "No such file" in program("kb", "build", tmp_path / "no.json", "--out", out).stderr
    assert (out / "manifest.json").stat().st_mtime_ns == kept.st_mtime_ns
    assert "would throw away" in program(*build, "--fresh", "--shard", "1/2").stderr
    assert program(*build, "--lang", "zh", "--fresh").returncode == 0
    assert json.loads(program("kb", "info", out, "--json").stdout)["langs"] == ["zh"]


@pytest.mark.parametrize("task", ["ner", "re", "spo", "kg"])
def test_rows_in_all_formats_score_100_with_their_own_outputs(
    program: Any, records: Path, tmp_path: Path, task: str
) -> None:
    rows = tmp_path / "rows.jsonl"
    assert program("render", records, "--task", task, "--format", "all", "--out", rows).returncode == 0
    scores = json.loads(program("evaluate", rows, "--oracle", "--json").stdout)
    assert scores["micro"]["f1"] == 100
    assert scores["macro"]["precision"] == scores["macro"]["recall"] == 100
    assert scores["rows"] > 100


def test_answers_of_a_model_are_scored(program: Any, records: Path, tmp_path: Path) -> None:
    rows, answers = tmp_path / "rows.jsonl", tmp_path / "answers.jsonl"
    program("render", records, "--task", "re", "--format", "json", "--out", rows)
    lines = [json.loads(line) for line in rows.read_text("utf-8").splitlines()]
    given = [{"id": row["id"], "answer": row["output"] if n % 2 else "{}"} for n, row in enumerate(lines)]
    answers.write_text("".join(json.dumps(answer) + "\n" for answer in given))
    scores = json.loads(program("evaluate", rows, "--answers", answers, "--json").stdout)
    assert scores["micro"]["precision"] == 100
    assert 0 < scores["micro"]["recall"] < 100
    assert "micro" in program("evaluate", rows, "--answers", answers).stdout


def test_labels_of_a_schema_can_be_asked_for(program: Any, records: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    flags = ["--task", "re", "--schemas", "default", "--lang", "zh", "--out", rows]
    assert program("render", records, *flags).returncode == 0
    schemas = {
        label
        for line in rows.read_text("utf-8").splitlines()
        for label in json.loads(json.loads(line)["schema"])
        if isinstance(label, str)
    }
    assert len(schemas) > 20


def test_catalogues_list_and_show(program: Any) -> None:
    assert "re/zh" in program("templates").stdout
    assert "$schema" in program("templates", "re/zh").stdout
    assert "林岚" in program("templates", "re/zhixi/zh").stdout.replace("\n", "")
    assert "place of birth" in program("formats", "tuple", "--lang", "en").stdout
    assert "事件论元抽取" in program("formats", "--tasks").stdout
    layouts = json.loads(program("formats", "--layouts", "--json").stdout)
    assert [message["role"] for message in layouts[2]["example"]["messages"]] == ["user", "assistant"]
    assert "出生地" in program("schemas", "person").stdout
    assert "place of birth" in program("schemas", "P19").stdout
    assert program("schemas", "出生地").stdout == program("schemas", "P19").stdout
    for name in ("templates", "formats", "schemas"):
        assert json.loads(program(name, "--json").stdout)


def test_stats_shows_a_folder_again(program: Any, built: Path) -> None:
    told = json.loads(program("stats", built, "--json").stdout)
    assert told.pop("profile")["rows"] == told["rows"]
    assert told == json.loads((built / "stats.json").read_text())
    assert "pages read" in program("stats", built).stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m kg2instruct formats | head -n 1"
    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in shown.stderr
