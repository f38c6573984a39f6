"""The extractor of photographs: what it makes of boxes that are known, and of models of the real classes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytest_httpserver import HTTPServer

from rlrig_eval import evaluate, shapes
from rlrig_eval.errors import Exit, UsageError
from rlrig_eval.extract import ExtractorSpec, Unscored, Words, build, resolve
from rlrig_eval.extract.detection.zero_shot import _parts, _spans
from rlrig_eval.extract.detector import MODEL
from rlrig_eval.scene import Entity, Relation, SceneGraph, check
from rlrig_eval.suite import Prompt, Suite
from tests.extract import detector_server as server
from tests.extract import untrained

SIDE = 256
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 80, 3), np.uint8))
WORDS = Words(("cat", "teddy bear"), predicates=("left of",), distractors=("zebra",))


def asks(predicate: str, *attributes: str) -> SceneGraph:
    a, b = Entity(id="a", category="circle", attributes=attributes), Entity(id="b", category="square")
    return SceneGraph(entities=(a, b), relations=(Relation(subject="a", predicate=predicate, object="b"),))


def scenes(*predicates: str) -> list[tuple[SceneGraph, Image.Image, SceneGraph]]:
    """Prompts, drawings of them, and what is in the drawings."""
    made = []
    for seed, predicate in enumerate(predicates):
        painted = asks(predicate)
        colours = (("red",), ("blue",))
        entities = tuple(
            e.model_copy(update={"attributes": colour}) for e, colour in zip(painted.entities, colours, strict=True)
        )
        laid = shapes.layout(painted.model_copy(update={"entities": entities}), np.random.default_rng(seed))
        made.append((painted, shapes.draw(laid, SIDE), laid))
    return made


# ---- known boxes, through a server


def test_drawings_with_known_boxes_are_read_as_they_were_drawn(httpserver: HTTPServer) -> None:
    made = scenes("left of", "right of", "above", "below", "bigger than", "far from")
    server.serve(httpserver, {server.pixels(image): server.found(laid, SIDE / 64) for _, image, laid in made})
    extractor = build(resolve("detector", {"url": httpserver.url_for("/detect")}))
    for gold, image, _ in made:
        read = extractor.extract_worded(image, Words.of(gold))
        assert all(check(gold.requirements(), read).values()), gold


def test_it_asks_for_the_prompts_words_and_for_others_unless_told_otherwise(httpserver: HTTPServer) -> None:
    asked = server.serve(httpserver, {})
    for words in ("strict", "published"):
        build(resolve("detector", {"url": httpserver.url_for("/detect"), "words": words})).extract_worded(NOISE, WORDS)
    assert [set(one["candidate_labels"]) for one in asked] == [{"cat", "teddy bear", "zebra"}, {"cat", "teddy bear"}]


def test_visors_rule_asks_in_visors_words_and_takes_its_threshold(httpserver: HTTPServer) -> None:
    box = {"xmin": 1, "ymin": 1, "xmax": 9, "ymax": 9}
    said = [{"score": 0.2, "label": "a photo of a cat", "box": box}]
    asked = server.serve(httpserver, {server.pixels(NOISE): said})
    for rule, count in (("visor", 1), ("geneval", 0)):
        extractor = build(
            resolve("detector", {"url": httpserver.url_for("/detect"), "rule": rule, "words": "published"})
        )
        assert len(extractor.extract_worded(NOISE, WORDS).entities) == count
    assert "a photo of a cat" in asked[0]["candidate_labels"]


def test_a_synonym_that_a_detector_says_becomes_the_prompts_word(httpserver: HTTPServer) -> None:
    box = {"xmin": 1, "ymin": 1, "xmax": 9, "ymax": 9}
    httpserver.expect_request("/detect").respond_with_json([{"score": 0.9, "label": "stuffed bear", "box": box}])
    extractor = build(resolve("detector", {"url": httpserver.url_for("/detect")}))
    assert [entity.category for entity in extractor.extract_worded(NOISE, WORDS).entities] == ["teddy bear"]


@pytest.mark.parametrize(
    ("attributes", "predicate", "why"),
    [
        (("red",), "left of", "does not see 'red'; -E colours=MODEL"),
        (("wooden",), "left of", "does not see 'wooden'"),
        ((), "in front of", "do not decide 'in front of'; -E depth=MODEL"),
        ((), "on", "do not decide 'on'"),
        ((), "wearing", "do not decide 'wearing'"),
    ],
)
def test_what_it_cannot_see_is_unscored_and_not_absent(
    httpserver: HTTPServer, attributes: tuple[str, ...], predicate: str, why: str
) -> None:
    extractor = build(resolve("detector", {"url": httpserver.url_for("/detect")}))
    with pytest.raises(Unscored, match=why):
        extractor.extract_worded(NOISE, Words.of(asks(predicate, *attributes)))


REPLIES = {
    "no list": {"error": "loading"},
    "no box": [{"score": 0.9, "label": "cat"}],
    "a score above one": [{"score": 9, "label": "cat", "box": {"xmin": 1, "ymin": 1, "xmax": 9, "ymax": 9}}],
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
def test_a_reply_that_does_not_fit_is_unscored_with_what_was_said(httpserver: HTTPServer, reply: object) -> None:
    httpserver.expect_request("/detect").respond_with_json(reply)
    with pytest.raises(Unscored, match="does not fit") as refusal:
        build(resolve("detector", {"url": httpserver.url_for("/detect")})).extract_worded(NOISE, WORDS)
    assert refusal.value.raw


def test_a_key_that_the_server_echoes_goes_no_further(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLRIG_DETECTOR_KEY", "s3cr3t")
    extractor = build(resolve("detector", {"url": httpserver.url_for("/detect")}))
    box = {"xmin": 1, "ymin": 1, "xmax": 9, "ymax": 9}
    httpserver.expect_ordered_request("/detect").respond_with_data("bad token Bearer s3cr3t", 401)
    httpserver.expect_ordered_request("/detect").respond_with_data("x" * 496 + " s3cr3t", 401)
    httpserver.expect_ordered_request("/detect").respond_with_data('{"error": "bad token s3cr3t"}')
    httpserver.expect_ordered_request("/detect").respond_with_json([{"score": 0.9, "label": "s3cr3t", "box": box}])
    for said in ("bad token Bearer ***", "x ***", '{"error": "bad token ***"}'):
        with pytest.raises(Unscored) as refusal:
            extractor.extract_worded(NOISE, WORDS)
        assert refusal.value.raw[0].endswith(said)
    assert "s3cr3t" not in extractor.extract_worded(NOISE, WORDS).model_dump_json()
    assert all(request.headers["Authorization"] == "Bearer s3cr3t" for request, _ in httpserver.log)


def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(httpserver: HTTPServer) -> None:
    extractor = build(resolve("detector", {"url": httpserver.url_for("/detect")}))
    httpserver.expect_ordered_request("/detect").respond_with_data("loading", 503)
    httpserver.expect_ordered_request("/detect").respond_with_json([])
    httpserver.expect_ordered_request("/detect").respond_with_data("who are you", 401)
    assert extractor.extract_worded(NOISE, WORDS).entities == ()
    with pytest.raises(Unscored, match="HTTP 401"):
        extractor.extract_worded(NOISE, WORDS)


def test_a_run_over_photographs_scores_what_it_can_and_says_what_it_could_not(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    made = scenes("left of", "above")
    server.serve(httpserver, {server.pixels(image): server.found(laid, SIDE / 64) for _, image, laid in made})
    graphs = [gold for gold, _, _ in made] + [asks("on")]
    prompts = tuple(Prompt(id=f"p{i}", text="shapes", graph=graph, group=f"p{i}") for i, graph in enumerate(graphs))
    suite = Suite(name="photos", version="1", world="photo", split="test", prompts=prompts)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index, (_, image, _) in enumerate([*made, made[0]]):
        image.save(folder / f"p{index}_0.png")
    options = {"url": httpserver.url_for("/detect")}
    run = evaluate(suite, "folder", options={"path": folder}, extractor_options=options, out=tmp_path / "run")
    assert run.summary["coverage"] == {"planned": 3, "ok": 2, "error": 0, "unscored": 1}
    assert (run.summary["metrics"]["all_correct"]["mean"], run.exit_code) == (1.0, Exit.RUN)
    assert run.summary["extractor"]["options"]["rule"] == "strict"
    assert "url" not in run.summary["extractor"]["options"]
    elsewhere = {"url": httpserver.url_for("/elsewhere")}
    with pytest.raises(UsageError, match=r"extractor\.revision"):
        evaluate(suite, "folder", options={"path": folder}, extractor_options=elsewhere, out=tmp_path / "run")


# ---- what makes it the same extractor


def served(host: str, **options: str) -> ExtractorSpec:
    return resolve("detector", {"url": f"http://{host}/detect", **options})


def test_where_no_model_is_named_the_address_tells_servers_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = served("here"), served("there")
    assert here.identity() == served("here").identity() != there.identity()
    assert here.options["model"] is None
    assert "http" not in json.dumps(here.identity())
    assert resolve(here.source, {**here.options, **here.traffic}) == here
    monkeypatch.setattr("rlrig_eval.extract.detector.require", lambda _: None)
    assert resolve("detector").options["model"] == MODEL


def test_a_named_model_is_the_same_behind_any_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlrig_eval.extract.detector.weights_hash", lambda _: "0123456789ab")  # of what lies here
    here, there = (served(host, model="org/detr") for host in ("here", "there"))
    assert here.identity() == there.identity() != served("here").identity()
    assert (here.options["model"], here.revision) == ("org/detr", None)
    assert served("here", model="org/detr", revision="abc").revision == "abc"


def test_an_address_counts_without_its_secrets_as_it_is_recorded() -> None:
    one, other, recorded = (served("here", url=f"http://here/detect?api_key={key}") for key in ("a", "b", "***"))
    assert one.identity() == other.identity() == recorded.identity() != served("here").identity()


# ---- missing weights, wrong options


def test_missing_weights_are_one_message_with_id_size_place_and_command(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UsageError) as problem:
        resolve("detector", {"model": "google/owlv2-base-patch16-ensemble"})
    told = str(problem.value)
    for part in (
        "google/owlv2-base-patch16-ensemble",
        "0.3 GB in half precision",
        str(tmp_path),
        "hf download google/owlv2",
    ):
        assert part in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"rule": "visr"}, "did you mean 'visor'"),
        ({"url": "ftp://x"}, "http"),
        ({"url": "https://"}, "and a host"),
        ({"url": "https://me:s3cr3t@host/detect"}, "no user or password in url; a key comes from RLRIG_DETECTOR_KEY"),
        ({"threshold": 2}, "threshold"),
        ({"thresholds": '{"cat": -1}'}, "thresholds"),
        ({"treshold": 0.2}, "did you mean 'threshold'"),
        ({"model": "no/such/folder/at all"}, "no Hub id, and no folder"),
    ],
)
def test_a_wrong_option_is_found_before_the_run(options: dict, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        resolve("detector", {"url": "http://localhost:1/detect", **options} if "model" not in options else options)


# ---- models of the real classes, with random weights


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("untrained")
    makers = (untrained.grounding_dino, untrained.owlv2, untrained.depth_anything, untrained.clip)
    return {make.__name__: str(make(folder / make.__name__)) for make in makers}


@pytest.mark.parametrize("name", ["grounding_dino", "owlv2"])
def test_a_model_of_the_real_class_gives_boxes_of_the_words_it_was_asked(models: dict[str, str], name: str) -> None:
    extractor = build(resolve("detector", {"model": models[name], "threshold": 0.01, "nms": 1.0}))
    found = extractor.detections(NOISE, WORDS)
    assert found
    assert {one.category for one in found} <= {"cat", "teddy bear", "zebra"}
    assert all(0.01 < one.score <= 1 for one in found)
    assert extractor.detections(NOISE, WORDS) == found
    read = extractor.extract_worded(NOISE, WORDS)
    assert all(0 <= e.box[0] < e.box[2] <= 80 and 0 <= e.box[1] < e.box[3] <= 48 for e in read.entities)


def test_depth_and_colours_go_into_the_graph(models: dict[str, str]) -> None:
    options = {"model": models["grounding_dino"], "threshold": 0.01, "depth": models["depth_anything"]}
    extractor = build(resolve("detector", options | {"colours": models["clip"]}))
    words = Words(("cat",), attributes=("gold",), predicates=("in front of",))
    read = extractor.extract_worded(NOISE, words)
    assert read.entities
    assert all(e.depth is not None and 0 <= e.depth <= 1 and len(e.attributes) == 1 for e in read.entities)


def test_the_tokens_of_a_label_are_its_own_and_long_lists_are_asked_in_parts(models: dict[str, str]) -> None:
    from rlrig_eval.extract.detection.zero_shot import ZeroShot

    detector = ZeroShot(models["grounding_dino"])
    tokenizer = detector._processor.tokenizer
    # [CLS] c a t . t e d d y b e a r . [SEP], one token a letter
    assert _spans(["cat", "teddy bear"], tokenizer) == [[1, 2, 3], [5, 6, 7, 8, 9, 10, 11, 12, 13]]
    many = [f"{first}{second}long word" for first in "abcdef" for second in "abcdef"]
    parts = _parts(many, tokenizer)
    assert (len(parts) > 1, [label for _, chunk in parts for label in chunk]) == (True, many)
    assert len(detector.detect(NOISE, dict(zip(many, many, strict=True)), 0.0)) == 12 * len(parts)


def test_a_run_records_the_hash_of_the_weights_it_read_with(models: dict[str, str]) -> None:
    with_depth = resolve("detector", {"model": models["owlv2"], "depth": models["depth_anything"]})
    assert len(with_depth.revision or "") == 25
    assert resolve("detector", {"model": models["owlv2"]}).identity() != with_depth.identity()


def test_a_folder_of_another_kind_of_model_is_named(models: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be loaded"):
        build(resolve("detector", {"model": models["clip"]})).extract_worded(NOISE, WORDS)
    with pytest.raises(UsageError, match=r"no folder with a config\.json"):
        resolve("detector", {"model": str(tmp_path)})
