"""Records of one page, and a model that says what a test has it say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from kg2instruct.chat import Answer, Request
from kg2instruct.records import Example, Mention, PageRef, Triple
from kg2instruct.schema import SchemaSet, load_schemas

TEXT = (
    "居里夫人（1867年11月7日－1934年7月4日）生于华沙，是物理学家，1895年与皮埃尔·居里结婚，"
    "女儿是伊雷娜。玛丽·居里曾在巴黎大学任教。"
)

Said = Sequence[tuple[str, str, str]]


def triple(head: str, relation: str, property_: str, tail: str, **fields: Any) -> Triple:
    """A triple with ends where they first stand in the text."""
    plain: dict[str, Any] = {
        "head_type": "人物",
        "head_start": TEXT.find(head),
        "head_qid": None,
        "tail_type": "人物",
        "tail_start": TEXT.find(tail),
        "tail_qid": None,
        "via": "wikidata",
    }
    return Triple(head=head, relation=relation, property=property_, tail=tail, **(plain | fields))


@pytest.fixture(scope="session")
def schemas() -> SchemaSet:
    return load_schemas()


@pytest.fixture
def record() -> Example:
    """A record with two names of one person, and two triples."""

    def mention(text: str, kind: str, qid: str | None) -> Mention:
        start = TEXT.index(text)
        return Mention(text, kind, start, start + len(text), qid, "link")

    return Example(
        "zhwiki-1-1-0",
        "zh",
        "wikipedia",
        "人物",
        TEXT,
        entity=(
            mention("居里夫人", "人物", "Q7186"),
            mention("华沙", "地理地区", "Q270"),
            mention("皮埃尔·居里", "人物", "Q37463"),
            mention("玛丽·居里", "人物", "Q7186"),
        ),
        relation=(
            triple(
                "居里夫人", "出生地", "P19", "华沙", tail_type="地理地区", head_qid="Q7186", tail_qid="Q270"
            ),
            triple(
                "居里夫人",
                "出生日期",
                "P569",
                "1867年11月7日",
                tail_type="时间",
                head_qid="Q7186",
                tail_value="+1867-11-07/11",
            ),
        ),
        page=PageRef("玛丽·居里", 1, 1),
    )


def answer_in_json(prompt: str, said: Said) -> str:
    """What the model says in JSON, of the relations that the prompt names."""
    found: dict[str, list[dict[str, str]]] = {}
    for head, relation, tail in said:
        if relation in prompt:
            found.setdefault(relation, []).append({"head": head, "tail": tail})
    return json.dumps(found, ensure_ascii=False)


@dataclass
class ScriptedModel:
    """Answers batches of requests; `says` is given the number of the call and the prompt."""

    says: Callable[[int, str], str]
    batches: list[list[str]] = field(default_factory=list)

    def __call__(self, requests: Sequence[Request]) -> list[Answer]:
        prompts = [str(x.body["messages"][-1]["content"]) for x in requests]
        first = sum(map(len, self.batches))
        self.batches.append(prompts)
        return [Answer(self.says(first + n, prompt), "stop") for n, prompt in enumerate(prompts)]

    @property
    def asked(self) -> int:
        return sum(map(len, self.batches))


@pytest.fixture
def model_saying() -> Callable[[Said], ScriptedModel]:
    """A model that says the same whenever it is asked for these relations."""
    return lambda said: ScriptedModel(lambda _, prompt: answer_in_json(prompt, said))


@pytest.fixture
def scripted() -> type[ScriptedModel]:
    return ScriptedModel


@pytest.fixture
def make_triple() -> Callable[..., Triple]:
    return triple


class Endpoint:
    """An OpenAI-compatible endpoint; `says` may be changed, `calls` counts."""

    def __init__(self) -> None:
        self.says: Callable[[str], str] = lambda _: "{}"
        self.calls = 0
        self.tokens = 20  # of an answer
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.calls += 1
                message = {"role": "assistant", "content": outer.says(body["messages"][-1]["content"])}
                reply = {
                    "model": body["model"],
                    "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                    "usage": {"prompt_tokens": 100, "completion_tokens": outer.tokens},
                }
                data = json.dumps(reply).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    yield server
    server.close()
