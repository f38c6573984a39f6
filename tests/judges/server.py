"""An OpenAI-compatible server that does as a test tells it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from rlrig_eval import judges
from rlrig_eval.judges import JudgeSpec

KEY = "sk-very-secret-0123456789"
Answer = Callable[[Mapping[str, Any]], Response]


def completion(content: str | None, **choice: Any) -> Response:
    message = {"role": "assistant", "content": content, "refusal": choice.pop("refusal", None)}
    usage = choice.pop("usage", {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}], "usage": usage}
    body |= {"id": "x", "object": "chat.completion", "created": 0, "model": "vlm"}
    return Response(json.dumps(body), content_type="application/json")


def all_yes(asked: Mapping[str, Any]) -> Response:
    """A model that says yes to everything, in the form that was asked for."""
    if "response_format" not in asked:
        return completion("yes")
    names = asked["response_format"]["json_schema"]["schema"]["required"]
    return completion(json.dumps(dict.fromkeys(names, "yes")))


def serve(server: HTTPServer, answer: Answer) -> list[Mapping[str, Any]]:
    """What was asked, as it comes in."""
    asked: list[Mapping[str, Any]] = []

    def handle(request: Request) -> Response:
        received = json.loads(request.get_data())
        asked.append(received)  # others may come in meanwhile, so what is answered is not "the last"
        return answer(received)

    server.expect_request("/v1/chat/completions").respond_with_handler(handle)
    return asked


def spec(server: HTTPServer, **options: Any) -> JudgeSpec:
    return judges.resolve("openai", {"model": "org/vlm", "base_url": server.url_for("/v1"), "cache": "off"} | options)
