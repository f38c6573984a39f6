"""Models behind a server: real HTTP, a real client; what goes wrong is a Failure of that one picture."""

from __future__ import annotations

import base64
import io
import json

import pytest
from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from rlrig_eval.errors import UsageError
from rlrig_eval.models import Failure, Job, build, resolve
from rlrig_eval.scene import SceneGraph

JOBS = [Job(f"p{n}", text, SceneGraph(), 0, 2**62 + n) for n, text in enumerate(["a red circle", "a blue star"])]


def png(level: int, side: int = 8) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (side, side), (level,) * 3).save(content, "PNG")
    return content.getvalue()


def levels(drawn: list) -> list[int]:
    assert all(isinstance(one, Image.Image) for one in drawn), drawn
    return [one.getpixel((0, 0))[0] for one in drawn]


def http(server: HTTPServer, **options: str):
    return build(resolve("http", {"url": server.url_for("/draw"), **options}, {"steps": "4"}))


def test_a_server_is_sent_prompt_seed_and_settings_and_its_pictures_keep_their_order(httpserver: HTTPServer) -> None:
    seen: list[dict] = []

    def draw(request: Request) -> Response:
        seen.append(request.get_json())
        return Response(png(10 + seen[-1]["seed"] - 2**62), content_type="image/png")

    httpserver.expect_request("/draw", method="POST").respond_with_handler(draw)
    assert levels(http(httpserver).generate(JOBS)) == [10, 11]
    assert sorted(seen, key=lambda body: body["seed"]) == [
        {"prompt": job.text, "seed": job.noise, "steps": 4} for job in JOBS
    ]


def test_a_busy_server_is_asked_again(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/draw").respond_with_data("", 503)
    httpserver.expect_ordered_request("/draw").respond_with_data(png(7), content_type="image/png")
    assert levels(http(httpserver).generate(JOBS[:1])) == [7]


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [(400, b"", "answered 400"), (500, b"", "answered 500, 2 times"), (200, b"no picture", "no readable picture")],
)
def test_what_a_server_does_wrong_is_a_failure(httpserver: HTTPServer, status: int, content: bytes, said: str) -> None:
    httpserver.expect_request("/draw").respond_with_data(content, status)
    (drawn,) = http(httpserver, attempts="2").generate(JOBS[:1])
    assert isinstance(drawn, Failure)
    assert said in drawn.reason


def test_a_server_that_is_not_there_is_a_failure() -> None:
    model = build(resolve("http", {"url": "http://127.0.0.1:9/draw", "attempts": "1"}, {}))
    (drawn,) = model.generate(JOBS[:1])
    assert isinstance(drawn, Failure)
    assert "cannot be reached" in drawn.reason


@pytest.mark.parametrize("url", ["ftp://host/draw", "draw", "http://user:secret@host/draw"])
def test_an_address_that_is_none_is_found_before_anything_is_drawn(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        build(resolve("http", {"url": url}, {}))
    assert "secret" not in str(caught.value)


def openai(server: HTTPServer, **settings: str):
    options = {"base_url": server.url_for("/v1"), "model": "painter", "attempts": "2"}
    return build(resolve("openai-images", options, {"size": "8", **settings}))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")


def test_the_images_api_is_asked_for_one_picture_of_the_stated_size(httpserver: HTTPServer) -> None:
    body = {"created": 1, "data": [{"b64_json": base64.b64encode(png(9)).decode()}]}
    httpserver.expect_request("/v1/images/generations", method="POST").respond_with_json(body)
    model = openai(httpserver, seed="true", quality="high")
    assert levels(model.generate(JOBS[:1])) == [9]
    (request, _), *_ = httpserver.log
    assert request.headers["Authorization"] == "Bearer sk-secret"
    sent = json.loads(request.get_data())
    assert sent == {
        "model": "painter",
        "prompt": JOBS[0].text,
        "n": 1,
        "size": "8x8",
        "quality": "high",
        "seed": JOBS[0].noise,
    }
    assert "sk-secret" not in str(model.settings)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"created": 1, "data": []}, "no picture in it"),
        ({"created": 1, "data": [{"url": "http://elsewhere/x.png"}]}, "response_format"),
        ({"created": 1, "data": [{"b64_json": "%%%"}]}, "not base64"),
        ({"created": 1, "data": [{"b64_json": "YWJj"}]}, "no readable picture"),
    ],
)
def test_an_answer_without_a_picture_is_a_failure(httpserver: HTTPServer, body: dict, said: str) -> None:
    httpserver.expect_request("/v1/images/generations").respond_with_json(body)
    (drawn,) = openai(httpserver).generate(JOBS[:1])
    assert isinstance(drawn, Failure)
    assert said in drawn.reason


def test_a_bad_key_is_refused_once_and_never_shown(httpserver: HTTPServer) -> None:
    error = {"error": {"message": "Incorrect API key provided: sk-secret", "type": "invalid_request_error"}}
    httpserver.expect_request("/v1/images/generations").respond_with_json(error, 401)
    model = openai(httpserver)
    reasons = [one.reason for one in (*model.generate(JOBS[:1]), *model.generate(JOBS))]
    assert all("Incorrect API key" in reason and "sk-secret" not in reason for reason in reasons)
    assert len(httpserver.log) == 1


def test_a_key_is_gone_before_what_a_server_says_is_cut(httpserver: HTTPServer) -> None:
    error = {"error": {"message": "x" * 244 + " sk-secret" * 9}}
    httpserver.expect_request("/v1/images/generations").respond_with_json(error, 400)
    (drawn,) = openai(httpserver).generate(JOBS[:1])
    assert "xxx" in drawn.reason
    assert "sk-" not in drawn.reason


@pytest.mark.parametrize("url", ["ftp://host/v1", "host", "https://user:secret@host/v1"])
@pytest.mark.parametrize("by", ["base_url", "OPENAI_BASE_URL"])
def test_an_images_api_is_at_an_address_without_a_password(url: str, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if by == "OPENAI_BASE_URL":
        monkeypatch.setenv(by, url)
    with pytest.raises(UsageError, match=f"model openai-images: .*{by}") as caught:
        build(resolve("openai-images", {"base_url": url} if by == "base_url" else {}, {}))
    assert "secret" not in str(caught.value)


def test_a_key_in_an_address_is_sent_and_not_told(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/draw", query_string="api_key=s3cr3t").respond_with_data(b"", 400)
    (drawn,) = build(resolve("http", {"url": httpserver.url_for("/draw?api_key=s3cr3t")}, {})).generate(JOBS[:1])
    assert "api_key=***: answered 400" in drawn.reason


def test_the_hosted_api_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
        build(resolve("openai-images", {}, {}))
