"""A detector behind HTTP that knows what was drawn: it answers for each picture that it was told of."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from rlrig_eval.scene import SceneGraph


def pixels(image: Image.Image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def found(graph: SceneGraph, scale: float, score: float = 0.9) -> list[dict[str, Any]]:
    """What a perfect detector says of a drawing of `graph`, `scale` times as large as its canvas."""
    corners = ("xmin", "ymin", "xmax", "ymax")
    return [
        {
            "score": score,
            "label": one.category,
            "box": dict(zip(corners, (scale * end for end in one.box or ()), strict=True)),
        }
        for one in graph.entities
    ]


def serve(server: HTTPServer, known: Mapping[str, list[dict[str, Any]]]) -> list[Mapping[str, Any]]:
    """Answers by the picture's pixels, with the labels that were asked for alone; what was asked, as it comes in."""
    asked: list[Mapping[str, Any]] = []

    def handle(request: Request) -> Response:
        body = json.loads(request.get_data())
        asked.append(body["parameters"])
        image = Image.open(io.BytesIO(base64.b64decode(body["inputs"])))
        seen = known.get(pixels(image), [])
        wanted = [one for one in seen if one["label"] in body["parameters"]["candidate_labels"]]
        return Response(json.dumps(wanted), content_type="application/json")

    server.expect_request("/detect").respond_with_handler(handle)
    return asked
