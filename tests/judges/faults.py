"""What can be wrong with a server: replies that pass when asked again, and replies that never become good."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from werkzeug import Response

from tests.judges import server as s
from tests.judges.replies import answers, task

GOOD = answers(*["yes"] * len(task().requirements))
Bad = Callable[[], Response]

PASSING: dict[str, Bad] = {
    "429": lambda: Response("slow down", 429),
    "429 with Retry-After": lambda: Response("slow down", 429, {"Retry-After": "0.05"}),
    "500": lambda: Response("oops", 500),
    "503": lambda: Response("", 503),
    "408": lambda: Response("", 408),
}


def cut() -> Response:
    def half() -> Iterator[bytes]:
        yield b'{"choices": [{"mess'

    return Response(half(), headers={"Content-Length": "5000"}, content_type="application/json")


def huge() -> Response:
    return Response((b" " * 2**20 for _ in range(50)), content_type="application/json")


def slow() -> Response:
    """A reply that begins at once and comes byte by byte, for three seconds."""

    def drip() -> Iterator[bytes]:
        for _ in range(30):
            time.sleep(0.1)
            yield b" "

    return Response(drip(), content_type="application/json")


LASTING: dict[str, tuple[Bad, str]] = {
    "429": (lambda: Response("slow down", 429), "429"),
    "500": (lambda: Response("oops", 500), "500"),
    "400": (lambda: Response('{"error": {"message": "no pictures"}}', 400), "no pictures"),
    "400 of FastAPI": (lambda: Response('{"detail": "no such model"}', 400), "no such model"),
    "422 in words": (lambda: Response("not with pictures", 422), "not with pictures"),
    "404": (lambda: Response("", 404), "404"),
    "a redirect elsewhere": (lambda: Response("", 302, {"Location": "http://127.0.0.1:9/"}), "302"),
    "429 with Retry-After": (lambda: Response("slow down", 429, {"Retry-After": "0.05"}), "429"),
    "Retry-After an hour": (lambda: Response("", 429, {"Retry-After": "3600"}), "429"),
    "connection cut": (cut, "connection broke"),
    "a web page": (lambda: Response("<html>502</html>"), "no chat completion"),
    "no choices": (lambda: Response('{"choices": []}'), "no chat completion"),
    "wrong types": (lambda: Response('{"choices": [{"message": {"content": 5}}]}'), "no chat completion"),
    "half a body": (lambda: Response('{"choices": [{"message"'), "no chat completion"),
    "nested without end": (lambda: Response("[" * 100_000), "no chat completion"),
    "50 MB": (huge, "larger than 4 MiB"),
    "not UTF-8": (lambda: Response(b"\xff\xfe\x00"), "no chat completion"),
    "refusal": (lambda: s.completion(None, refusal="I cannot"), "refused"),
    "filtered": (lambda: s.completion("", finish_reason="content_filter"), "filter"),
    "empty": (lambda: s.completion(""), "empty"),
    "null": (lambda: s.completion(None), "empty"),
    "yes in a sentence": (lambda: s.completion("Yes, yes, yes!"), "no whole JSON object"),
    "half an object": (lambda: s.completion(GOOD[:-5], finish_reason="length"), "no whole JSON object"),
    "two objects": (lambda: s.completion(f"{GOOD}\n{GOOD}"), "2 JSON objects"),
    "other types": (lambda: s.completion(GOOD.replace('"yes"', "1")), "does not fit"),
    "unicode": (lambda: s.completion('{"q1": "да \u202e"}'), "does not fit"),
}
"""The reply, and a word of the reason that pictures are left unscored for."""
