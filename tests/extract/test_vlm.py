"""The extractor that asks a VLM: what is asked, what a reply is read as, and that a bad one is never an empty graph."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug import Response

from rlrig_eval import evaluate
from rlrig_eval.errors import Exit, UsageError
from rlrig_eval.extract import Unscored, Words, build, resolve
from rlrig_eval.extract.asking import Lists, PublishedGraph, StrictGraph, graph_of, named, question
from rlrig_eval.extract.words import OBJECT_FRAME
from rlrig_eval.metrics import scene_graph_iou
from rlrig_eval.scene import SceneGraph, check, parse
from tests.judges import server
from tests.runs import tiny

PICTURE = Image.radial_gradient("L").resize((32, 32)).convert("RGB")
GOLD = parse("a red car left of a couch")
WORDS = Words.of(GOLD, ["zebra", "taxi"])
NOTHING = {"things": [], "relations": []}
SEEN = {
    "things": [
        {"id": "t1", "category": "Automobile", "attributes": ["Red"]},
        {"id": "t2", "category": "sofa", "attributes": []},
        {"id": "t3", "category": "sofa", "attributes": []},
    ],
    "relations": [{"subject": "t2", "predicate": "right of", "objects": ["t1"]}],
}
TRIPLES = {"scene_graph": [["car", "left of", "sofa"]], "object_list": ["car", "sofa"], "predicate_list": ["left of"]}


def vlm(httpserver: HTTPServer, **options: Any) -> Any:
    url = httpserver.url_for("/v1")
    return build(resolve("vlm", {"model": "org/vlm", "base_url": url, "cache": "off", "attempts": 1, **options}))


def is_blank(asked: Mapping[str, Any]) -> bool:
    """Whether the picture of a request is of one colour: the one that is sent for the blank control."""
    shown = next(part for part in asked["messages"][0]["content"] if part["type"] == "image_url")
    png = base64.b64decode(shown["image_url"]["url"].partition(",")[2])
    with Image.open(io.BytesIO(png)) as image:
        return image.getcolors() is not None and len(image.getcolors()) == 1


def words_of(asked: Mapping[str, Any]) -> str:
    return str(next(part["text"] for part in asked["messages"][0]["content"] if part["type"] == "text"))


def saying(picture: Any, blank: Any = NOTHING) -> server.Answer:
    return lambda asked: server.completion(json.dumps(blank if is_blank(asked) else picture))


def test_a_reply_becomes_a_graph_of_instances_in_the_prompts_words(httpserver: HTTPServer) -> None:
    server.serve(httpserver, saying(SEEN))
    read = vlm(httpserver).extract_worded(PICTURE, WORDS)
    assert [(e.category, e.attributes) for e in read.entities] == [("car", ("red",)), ("couch", ()), ("couch", ())]
    verdicts = check(GOLD.requirements("at_least"), read)
    assert verdicts["exists:" + GOLD.entities[0].id]
    assert [r.predicate for r in read.relations] == ["right of"]


def test_strict_mode_asks_with_distractors_in_every_list_and_of_a_blank_picture_too(httpserver: HTTPServer) -> None:
    asked = server.serve(httpserver, saying(SEEN))
    vlm(httpserver).extract_worded(PICTURE, WORDS)
    assert sorted(map(is_blank, asked)) == [False, True]  # side by side, in either order
    (text,) = set(map(words_of, asked))
    assert [word for word in ("car", "couch", "zebra", "blue", "above") if word not in text] == []
    assert "taxi" not in text  # a taxi is a car
    assert asked[0]["response_format"]["json_schema"]["schema"]["additionalProperties"] is False


def test_published_mode_asks_with_the_prompts_own_lists_alone(httpserver: HTTPServer) -> None:
    asked = server.serve(httpserver, saying(TRIPLES))
    read = vlm(httpserver, mode="published").extract_worded(PICTURE, WORDS)
    text = words_of(asked[0])
    assert ("zebra" in text, "above" in text, len(asked)) == (False, False, 1)
    assert [(e.id, e.category) for e in read.entities] == [("car", "car"), ("couch", "couch")]
    assert [(r.subject, r.predicate, r.object) for r in read.relations] == [("car", "left of", "couch")]


def test_a_model_that_sees_things_in_a_blank_picture_is_not_believed(httpserver: HTTPServer) -> None:
    server.serve(httpserver, saying(SEEN, blank=SEEN))
    with pytest.raises(Unscored, match="blank-image control: the model sees car, couch in an empty picture") as refusal:
        vlm(httpserver).extract_worded(PICTURE, WORDS)
    assert len(refusal.value.raw) == 2


def test_a_picture_of_nothing_on_the_lists_is_an_empty_graph(httpserver: HTTPServer) -> None:
    server.serve(httpserver, saying(NOTHING))
    assert vlm(httpserver).extract_worded(PICTURE, WORDS) == SceneGraph()


def things(*relations: Mapping[str, Any]) -> dict[str, Any]:
    return {"things": SEEN["things"], "relations": list(relations)}


MISFITS = {
    "prose": "I see a red car left of a sofa.",
    "half of it": json.dumps(SEEN)[:60],
    "another shape": json.dumps(TRIPLES),
    "an empty object": "{}",
    "an unknown id": json.dumps(things({"subject": "t9", "predicate": "near", "objects": ["t1"]})),
    "itself": json.dumps(things({"subject": "t1", "predicate": "near", "objects": ["t1"]})),
    "between one": json.dumps(things({"subject": "t1", "predicate": "between", "objects": ["t2"]})),
    "an id twice": json.dumps({"things": [SEEN["things"][0]] * 2, "relations": []}),
    "a key more": json.dumps(SEEN | {"notes": "none"}),
}


@pytest.mark.parametrize("reply", MISFITS.values(), ids=MISFITS.keys())
def test_a_reply_that_does_not_fit_is_unscored_with_the_raw_text_and_never_an_empty_graph(
    httpserver: HTTPServer, reply: str
) -> None:
    server.serve(httpserver, lambda asked: server.completion(reply))
    with pytest.raises(Unscored) as refusal:
        vlm(httpserver).extract_worded(PICTURE, WORDS)
    assert refusal.value.raw[0] == reply


def test_a_dead_server_is_unscored(httpserver: HTTPServer) -> None:
    server.serve(httpserver, lambda asked: Response("no", 500))
    with pytest.raises(Unscored, match="500"):
        vlm(httpserver).extract_worded(PICTURE, WORDS)


def test_a_reply_is_kept_and_the_budget_of_calls_holds(httpserver: HTTPServer, tmp_path: Path) -> None:
    asked = server.serve(httpserver, saying(SEEN))
    reader = vlm(httpserver, cache=str(tmp_path / "kept.sqlite"), max_calls=2)
    assert reader.extract_worded(PICTURE, WORDS) == reader.extract_worded(PICTURE, WORDS)
    assert len(asked) == 2
    with pytest.raises(Unscored, match="budget of 2 calls"):
        reader.extract_worded(PICTURE, Words(("zebra",)))


def test_a_relation_seen_from_the_thing_itself_is_asked_for_and_read_as_such() -> None:
    words = Words(("car", "couch"), predicates=(f"left of{OBJECT_FRAME}",))
    assert f"left of{OBJECT_FRAME}" in question(named(words, strict=True), "strict")


def test_a_run_keeps_what_was_said_of_a_picture_that_it_could_not_score_and_asks_again_when_it_goes_on(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    server.serve(httpserver, lambda asked: server.completion("no idea"))
    options = {"model": "org/vlm", "base_url": httpserver.url_for("/v1"), "cache": "off"}
    run = evaluate(tiny.suite(), "synthetic", extractor="vlm", extractor_options=options, limit=2, out=tmp_path / "run")
    assert (run.summary["coverage"]["unscored"], run.summary["coverage"]["ok"], run.exit_code) == (2, 0, Exit.RUN)
    rows = [json.loads(line) for line in (tmp_path / "run" / "scores" / "graph.jsonl").read_text().splitlines()]
    assert [row["evidence"]["replies"] for row in rows] == [["no idea", "no idea"]] * 2
    assert run.summary["extractor"]["options"]["mode"] == "strict"
    assert "base_url" not in run.summary["extractor"]["options"]
    httpserver.clear()
    server.serve(httpserver, lambda asked: server.completion(json.dumps(NOTHING)))
    again = evaluate(
        tiny.suite(), "synthetic", extractor="vlm", extractor_options=options, limit=2, out=tmp_path / "run"
    )
    assert (again.summary["coverage"]["ok"], again.exit_code) == (2, Exit.OK)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "needs -E model="),
        ({"model": "m", "base_url": "nowhere"}, "base_url"),
        ({"model": "m", "mode": "lax"}, "mode"),
        ({"model": "org/nowhere", "server": "local"}, "hf download org/nowhere"),
    ],
)
def test_a_wrong_option_is_found_before_the_run(options: dict[str, str], why: str, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    with pytest.raises(UsageError, match=why):
        resolve("vlm", options)


def test_words_of_a_reply_are_spelt_as_on_the_lists() -> None:
    lists = Lists(("cup",), ("Porcelain", "red"), ("left of",))
    said = StrictGraph.model_validate(
        {"things": [{"id": "t1", "category": "cup", "attributes": ["porcelain", "RED", "chipped"]}], "relations": []}
    )
    assert graph_of(said, lists).entities[0].attributes == ("Porcelain", "red", "chipped")


def test_a_published_triple_of_one_name_twice_is_of_two_things() -> None:
    lists = Lists(("tree",), (), ("near",))
    said = PublishedGraph.model_validate(
        {"scene_graph": [["tree", "near", "tree"]], "object_list": ["tree"], "predicate_list": ["near"]}
    )
    graph = graph_of(said, lists)
    assert [entity.category for entity in graph.entities] == ["tree", "tree"]
    assert scene_graph_iou(graph, graph, mode="laion").sg == 1.0


def test_a_model_in_this_process_is_opened_with_the_options_of_the_extractor() -> None:
    extractor = build(resolve("vlm", {"model": "bundled:judge", "server": "local", "reply_limit": 8, "cache": "off"}))
    with pytest.raises(Unscored):  # it answers yes or no, and never with a graph
        extractor.extract_worded(PICTURE, WORDS)
