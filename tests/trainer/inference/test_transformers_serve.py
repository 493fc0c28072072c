"""An existing server with a model of ours: what it answers is what the model answers here."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer.inference.decoding import Decoding
from trainer.inference.endpoint import EndpointStream
from trainer.inference.generate import LocalGenerator
from trainer.inference.model import ModelOptions, load_model

from .conftest import make_rows

pytest.importorskip("fastapi", reason="the server's packages are not installed")
pytest.importorskip("uvicorn", reason="the server's packages are not installed")
PROGRAM = Path(sys.executable).with_name("transformers")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAM.exists(), reason="there is no program `transformers`"),
]


@pytest.fixture(scope="module")
def templated(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model with its chat template, as `merge` writes one."""
    folder = tmp_path_factory.mktemp("served") / "merged"
    shutil.copytree(tiny, folder)
    load_model(ModelOptions(model=str(folder))).tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def url(templated: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = templated.parent / "home"
    (home / "hub").mkdir(parents=True)
    environment = os.environ | {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "DS_ACCELERATOR": "cpu"}
    command = [str(PROGRAM), "serve", str(templated), "--device", "cpu", "--port", str(port)]
    with (templated.parent / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
                    break
                except urllib.error.URLError:
                    assert server.poll() is None, (templated.parent / "log").read_text()
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(30)


def test_predict_asks_transformers_serve(url: str, templated: Path, tmp_path: Path) -> None:
    from kg2instruct.chat import CallOptions, find_model
    from trainer.inference.endpoint import predict_at

    rows, out, decoding = make_rows(4), tmp_path / "out.jsonl", Decoding(max_new_tokens=12)
    calls, model = CallOptions(base_url=url, concurrency=2), find_model(str(templated))
    done = predict_at(rows, out, model=model, calls=calls, decoding=decoding)
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    here = LocalGenerator(load_model(ModelOptions(model=str(templated))), decoding)
    assert done.answers == 4
    assert [x["answer"] for x in answers] == [here.answer([row])[0].text for row in rows]
    said = "".join(EndpointStream(model, calls)([{"role": "user", "content": "你好"}], decoding))
    assert said
