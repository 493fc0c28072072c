"""The wheel, installed outside the checkout, does what the checkout does."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it, and the packages of this environment beside it: no download."""
    pytest.importorskip("build", reason="the package `build` makes the wheel")
    pytest.importorskip(
        "hatchling", reason="without hatchling here, the wheel's tools would have to be downloaded"
    )
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", code).strip())
    (wheel,) = folder.glob("kg2instruct-*.whl")
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", packages, wheel)
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def run(*command: object, cwd: Path | None = None) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_schemas_templates_and_the_sample(environment: Path) -> None:
    code = "import kg2instruct, pathlib; print(pathlib.Path(kg2instruct.__file__).parent)"
    package = Path(run(environment / "venv" / "bin" / "python", "-c", code, cwd=environment).strip())
    assert package.is_relative_to(environment)
    assert (package / "schemas" / "person.json").is_file()
    assert (package / "templates" / "re" / "zh.yaml").is_file()
    assert (package / "sample" / "zhwiki.xml").is_file()
    assert (package / "py.typed").is_file()


def test_the_installed_program_builds_the_sample(environment: Path) -> None:
    program = (environment / "venv" / "bin" / "python", "-m", "kg2instruct")
    run(*program, "build", "--lang", "zh", "--out", "out", "--quiet", cwd=environment)
    assert (environment / "out" / "manifest.json").is_file()
    assert "re/zh" in run(*program, "templates", cwd=environment)
    assert "person" in run(*program, "schemas", cwd=environment)
