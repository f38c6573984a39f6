"""Checker and Actor on a server that speaks OpenAI's protocol: real HTTP, the official client."""

from __future__ import annotations

import json
import math

import pytest
from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from rlrig.backends.chat import ask, ask_repair
from rlrig.backends.remote import RemoteActor, RemoteChecker, Server
from rlrig_eval.errors import RunError, UsageError
from rlrig_eval.scene import parse

JSON = "application/json"
PICTURE = Image.new("RGB", (8, 8), "red")
REQUIREMENTS = parse("a red circle left of a blue square").requirements()


def completion(text: str, rivals: dict[str, float] | None = None) -> dict:
    top = [{"token": token, "logprob": math.log(p), "bytes": None} for token, p in (rivals or {}).items()]
    logprobs = {"content": [{**top[0], "top_logprobs": top}]} if top else None
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": logprobs}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def text_of(request: Request) -> str:
    return json.loads(request.get_data())["messages"][0]["content"][1]["text"]


@pytest.fixture
def server(httpserver: HTTPServer) -> Server:
    return Server("m", httpserver.url_for("/v1"), attempts=1)


def test_p_yes_is_read_off_the_first_tokens_rivals_for_every_requirement(
    httpserver: HTTPServer, server: Server
) -> None:
    sure = ask(REQUIREMENTS[-1].question())

    def answer(request: Request) -> Response:
        rivals = {"Yes": 0.6, " yes": 0.2, "No": 0.2} if text_of(request) == sure else {"no": 0.75, "yes": 0.25}
        return Response(json.dumps(completion("?", rivals)), content_type=JSON)

    httpserver.expect_request("/v1/chat/completions").respond_with_handler(answer)
    (first, none) = RemoteChecker(server).check([PICTURE, PICTURE], [REQUIREMENTS, ()])
    assert first == pytest.approx([0.25] * (len(REQUIREMENTS) - 1) + [0.8])
    assert none == []


@pytest.mark.parametrize(
    ("reply", "said"), [(completion("yes"), "logprobs"), (completion("maybe", {"maybe": 1.0}), "'maybe'")]
)
def test_a_server_off_which_p_yes_cannot_be_read_is_an_error(
    httpserver: HTTPServer, server: Server, reply: dict, said: str
) -> None:
    httpserver.expect_request("/v1/chat/completions").respond_with_json(reply)
    with pytest.raises(RunError, match=said):
        RemoteChecker(server).check([PICTURE], [REQUIREMENTS[:1]])


@pytest.mark.parametrize("impossible", [5.0, math.nan])
def test_an_impossible_logprob_is_an_error_and_not_a_chance(
    httpserver: HTTPServer, server: Server, impossible: float
) -> None:
    reply = completion("no", {"no": 0.9, "yes": 0.1})
    reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"][1]["logprob"] = impossible
    httpserver.expect_request("/v1/chat/completions").respond_with_data(json.dumps(reply), content_type=JSON)
    with pytest.raises(RunError, match=f"gives 'yes' the logprob {impossible}"):
        RemoteChecker(server).check([PICTURE], [REQUIREMENTS[:1]])


def test_the_word_that_was_said_counts_though_its_rivals_leave_it_out(httpserver: HTTPServer, server: Server) -> None:
    reply = completion("yes", {"yes": 0.6, "no": 0.2})
    del reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"][0]
    httpserver.expect_request("/v1/chat/completions").respond_with_json(reply)
    assert RemoteChecker(server).check([PICTURE], [REQUIREMENTS[:1]]) == [[pytest.approx(0.75)]]


def test_the_actor_is_asked_in_the_same_words_as_a_local_one(httpserver: HTTPServer, server: Server) -> None:
    httpserver.expect_request("/v1/chat/completions").respond_with_json(completion(" move the red circle "))
    written = RemoteActor(server).write([PICTURE], ["a red circle"], [REQUIREMENTS[-1:]], [0])
    assert written == ["move the red circle"]
    (request, _), *_ = httpserver.log
    assert text_of(request) == ask_repair("a red circle", REQUIREMENTS[-1:])
    assert json.loads(request.get_data())["temperature"] == 0.0


def test_a_refusal_is_one_line_without_the_key(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    httpserver.expect_request("/v1/chat/completions").respond_with_json({"error": {"message": "sk-secret?"}}, 401)
    with pytest.raises(RunError) as caught:
        RemoteActor(Server("m", httpserver.url_for("/v1"), attempts=1)).write([PICTURE], ["a"], [()], [0])
    assert "sk-secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["localhost:8000", "http://[::1", "http://me@host"])
def test_an_address_must_be_one_and_name_nobody(address: str) -> None:
    with pytest.raises(UsageError, match=r"model m: .*server"):
        Server("m", address)
