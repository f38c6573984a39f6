"""`read` gives what it understood and names the rest, word by word."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rlrig_eval.scene import ParseError, SceneGraph, equivalent, parse
from rlrig_eval.scene.attributes import kind_of
from rlrig_eval.scene.language.lexicon import TERMS
from rlrig_eval.scene.language.nouns import NAMES
from rlrig_eval.scene.parse import read, read_all
from rlrig_eval.suite.wording import word
from tests.scene.strategies import graphs

WORDS = sorted(
    {*TERMS, *NAMES}
    | set("a the an two and , . ; not n't is are it its them that which with no from red happy dogs 's left 3".split())
)
TEXTS = st.text() | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("text", "categories", "relations", "unparsed"),
    [
        ("a happy dog near a cat", ["dog", "cat"], 1, ["happy"]),
        ("a dog chases a cat", ["dog", "cat"], 0, ["chases"]),
        ("several dogs near a cat", ["dog", "cat"], 1, ["several dogs"]),
        ("a dog on the left of the image", ["dog"], 0, ["on the left of the image"]),
        ("a dog near a cat on a mat", ["dog", "cat", "mat"], 1, ["on"]),
        ("a dog near a cat, and it is above a bird", ["dog", "cat", "bird"], 1, ["it is above"]),
        ("a dog near a cat and a bird", ["dog", "cat", "bird"], 1, ["and a bird"]),
        ("a man in a hat and a tie is near a dog", ["man", "hat", "tie", "dog"], 1, ["and a tie is near a dog"]),
        ("a cat left of a dog from the bird's perspective", ["cat", "dog", "bird"], 0, None),
        ("no dog near a cat", ["cat"], 0, ["no dog near"]),
        ("a cat, two dogs, and a bird is near a car", ["cat", "dog", "bird", "car"], 0, [", and a bird is near a car"]),
        ("a cat, a dog, and a bird not near a car", ["cat", "dog", "bird", "car"], 0, [", and a bird not near a car"]),
        ("from left to right: a cat on a mat, a dog, and a bird", ["cat", "mat", "dog", "bird"], 1, ["bird"]),
        (
            "red circle not left of not square; star above moon",
            ["star", "moon"],
            1,
            ["red circle not left of not square"],
        ),
        ("not left of square; star above moon", ["star", "moon"], 1, ["not left of square"]),
        ("star above moon; circle left of two squares", ["star", "moon", "circle", "squares"], 2, ["two squares"]),
        ("three cats in a row", ["cat", "row"], 0, ["in a row"]),
        ("0 circle left of a square", ["square"], 0, ["0 circle left of"]),
        ("a blurry photograph, a dog", ["photograph", "dog"], 0, ["blurry"]),
        ("", [], 0, [""]),
    ],
)
def test_what_is_not_understood_is_a_span_of_the_text(
    text: str, categories: list[str], relations: int, unparsed: list[str] | None
) -> None:
    parsed = read(text)
    assert [e.category for e in parsed.graph.entities] == categories
    assert len(parsed.graph.relations) == relations
    assert [text[span.start : span.end] for span in parsed.unparsed] == [span.text for span in parsed.unparsed]
    assert not parsed.complete
    if unparsed is not None:
        assert [span.text for span in parsed.unparsed] == unparsed


@given(TEXTS)
@example("a dog that is near " * 50 + "a dog")
@example("\ud800 a dog")
@example("0 dogs")
@example("from the dog's")
@example("; ;")
def test_any_text_is_read_and_parse_agrees_with_read(text: str) -> None:
    parsed = read(text)
    assert all(0 <= span.start <= span.end <= len(text) and span.why for span in parsed.unparsed)
    graph: SceneGraph | None = None
    with suppress(ParseError):
        graph = parse(text)
    assert (graph is not None) == (parsed.complete and not parsed.absent)
    assert graph in (None, parsed.graph)


@given(TEXTS.filter(str.isascii), st.data())
def test_case_and_spaces_change_nothing(text: str, data: st.DataObject) -> None:
    words = text.split()
    spaces = data.draw(st.lists(st.sampled_from((" ", "  ", "\n", "\t ")), min_size=len(words), max_size=len(words)))
    spaced = "".join(space + word for space, word in zip(spaces, words, strict=True))
    one, other = read(text), read(spaced.upper())
    assert (one.graph, one.absent) == (other.graph, other.absent)
    assert [span.text.lower().split() for span in one.unparsed] == [
        span.text.lower().split() for span in other.unparsed
    ]


def _sayable(graph: SceneGraph) -> bool:
    """Whether the suite's wording tells its things apart, and there are any."""
    alike = any(
        one != other and one.category == other.category and set(one.attributes) <= set(other.attributes)
        for one in graph.entities
        for other in graph.entities
    )
    return bool(graph.entities) and not alike


@given(graphs(), st.data())
def test_what_the_suites_wording_says_is_read_back(graph: SceneGraph, data: st.DataObject) -> None:
    related = {name for relation in graph.relations for name in (relation.subject, *relation.objects)}
    graph = SceneGraph(
        entities=tuple(
            e.model_copy(update={"attributes": tuple(w for w in e.attributes if kind_of(w) != "other")})
            for e in graph.entities
            if e.id in related  # the wording names things before or in a relation
        ),
        relations=tuple(r.model_copy(update={"frame": "viewer"}) for r in graph.relations),
    )
    assume(_sayable(graph))
    said = parse(word(graph, lambda options: data.draw(st.integers(0, options - 1))))
    assert equivalent(said, graph)
    assert [r.predicate for r in said.relations] == [r.predicate for r in graph.relations]


def test_a_batch_is_read_as_its_texts_are() -> None:
    texts = ["a dog near a cat", "a dog chases a cat", "", "no dog", "a dog near a cat"]
    assert list(read_all(texts)) == [read(text) for text in texts]
