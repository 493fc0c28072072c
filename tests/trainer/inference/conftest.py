"""Tiny models that tests make: random weights, a tokenizer of a few hundred tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

from kg2instruct.records import InstructionRow

from ..conftest import train_tokenizer

ROOT = Path(__file__).parents[3]
_TEXTS = [
    "请从文中找出人物、地点。以JSON格式回答。",
    "柏林是德国的首都。",
    "Find the persons. Answer in JSON.",
    '{"a": []}',
]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_model(
    folder: Path, *, hidden: int = 32, seed: int = 0, positions: int = 1024, vocabulary: int = 400
) -> Path:
    """A Llama of a few thousand weights, with its tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=positions,
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    marks = ["<pad>", "<|im_start|>", "<|im_end|>"]
    tokenizer = train_tokenizer(_TEXTS, specials=marks, eos_token=marks[2], pad_token=marks[0])
    tokenizer.save_pretrained(folder)
    return folder


def make_adapter(base: Path, folder: Path, *, seed: int = 1) -> Path:
    """A LoRA over a base that changes its answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from trainer.inference.adapters import quiet_peft

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    with quiet_peft():
        get_peft_model(model, config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder."""
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def adapter(tiny: Path) -> Path:
    """An adapter over it."""
    pytest.importorskip("peft", reason="peft is not installed")
    return make_adapter(tiny, tiny.parent / "tuned")


class Endpoint:
    """An OpenAI-compatible endpoint that says what a script makes of the last message, whole or in pieces."""

    def __init__(self, script: Callable[[str], str]) -> None:
        self.script, self.bodies = script, list[dict[str, Any]]()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.bodies.append(body)
                said = outer.script(body["messages"][-1]["content"])
                if body.get("stream"):
                    chunks = [{"delta": {"content": said[i : i + 5]}} for i in range(0, len(said), 5)]
                    lines = [f"data: {json.dumps(_completion(chunk))}\n\n" for chunk in chunks]
                    self._send("text/event-stream", "".join(lines) + "data: [DONE]\n\n")
                else:
                    message = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
                    self._send("application/json", json.dumps(_completion(message)))

            def _send(self, kind: str, text: str) -> None:
                data = text.encode()
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _completion(choice: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0} | choice],
    }


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A running endpoint that repeats what it is told."""
    server = Endpoint(lambda said: said)
    yield server
    server.close()


def make_rows(count: int) -> list[InstructionRow]:
    """Rows of differing length."""
    return [
        InstructionRow(
            f"town-{i}-ner-0",
            "ner",
            "zh",
            "test",
            None,
            "请从文中找出人物、地点。以JSON格式回答。",
            f"青川市在第{i}区，" + "河水从城中流过，" * (i * 7 % 5) + "林岚是市长。",
            '{"人物": ["林岚"], "地点": ["青川市"]}',
            '["人物","地点"]',
            "ner/zh/closed/1",
            "json",
        )
        for i in range(count)
    ]
