"""A translation through a real OpenAI-compatible server with a real model, though one that only stammers."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

transformers = pytest.importorskip("transformers", reason="the extra `trainer` is not installed")
pytest.importorskip("fastapi", reason="the server of transformers is not installed")
SERVER = shutil.which("transformers", path=str(Path(os.sys.executable).parent))  # type: ignore[attr-defined]
STARTS_WITHIN = 180  # seconds, on a machine with much else to do

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SERVER is None, reason="no command `transformers`"),
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few thousand weights, with a tokenizer of bytes, in a folder."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

    folder = tmp_path_factory.mktemp("served") / "model"
    letters = ["<pad>", "<eos>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    bytewise = Tokenizer(BPE({x: i for i, x in enumerate(letters)}, []))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=bytewise, pad_token="<pad>", eos_token="<eos>"
    )
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "
    )
    config = transformers.Qwen2Config(
        vocab_size=len(letters),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=16384,
        pad_token_id=0,
        eos_token_id=1,
    )
    transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def server(model: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a running server."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    (tmp_path / "hub").mkdir()
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [str(SERVER), "serve", str(model), "--device", "cpu", "--port", str(port)]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + STARTS_WITHIN
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail((tmp_path / "server.log").read_text("utf-8")[-2000:])
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as response:
        return bool(response.status == 200)
    return False


def test_whatever_a_model_says_is_kept_paid_once_and_judged(
    server: str, model: Path, program: Any, tmp_path: Path
) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "zh.jsonl"
    questions = ("What is a river?", "Name two birds.", "Why is the sky blue?")
    rows.write_text("".join(json.dumps({"instruction": q, "output": "It is."}) + "\n" for q in questions))
    command = ["translate", rows, "--to", "zh", "--mode", "answer", "--out", out, "--model", model]
    command += ["--attempts", "1", "--concurrency", "2", "--quiet"]
    shown = program(*command, "--base-url", server)
    assert shown.returncode == 0, shown.stderr
    report = json.loads((tmp_path / "zh.jsonl.report.json").read_bytes())
    with sqlite3.connect(tmp_path / "zh.jsonl.journal") as journal:
        answers = journal.execute("SELECT tokens_in, tokens_out FROM answers").fetchall()
    assert report["calls"]["answered"] == len(answers) >= len(questions)
    assert all(asked > 10 and said > 0 for asked, said in answers)
    rejects = (tmp_path / "zh.jsonl.rejects.jsonl").read_bytes().splitlines()
    assert len(out.read_bytes().splitlines()) + len(rejects) == len(questions)

    first = out.read_bytes()
    nowhere = program(*command, "--base-url", "http://127.0.0.1:9/v1", "--tries", "1", "--patience", "0")
    assert nowhere.returncode == 0, nowhere.stderr
    assert out.read_bytes() == first
