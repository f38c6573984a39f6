"""The parser as spaCy sees it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import spacy

from rlrig_eval.scene import VOCABULARY, parse
from rlrig_eval.scene.language.lexicon import TERMS
from rlrig_eval.scene.language.pipeline import SPANS, pipeline

REPO = Path(__file__).parents[2]


def test_it_is_a_blank_english_pipeline_of_two_components_without_a_model() -> None:
    nlp = pipeline()
    assert (nlp.lang, nlp.pipe_names, nlp.vocab.vectors_length) == ("en", ["rlrig_terms", "rlrig_scene"], 0)
    assert nlp.analyze_pipes()["problems"] == {"rlrig_terms": [], "rlrig_scene": []}


def test_the_terms_are_spans_of_the_document() -> None:
    doc = pipeline()("a dog  to the left\nof a cat")
    assert [(span.label_, span.text) for span in doc.spans[SPANS]] == [("to the left of", "to the left\nof")]
    assert doc._.scene.graph == parse("a dog left of a cat")


def test_every_relation_of_the_vocabulary_has_words() -> None:
    assert {term.predicate for term in TERMS.values() if term.kind == "relation"} >= set(VOCABULARY)


def test_it_can_be_saved_and_loaded_by_spacy(tmp_path: Path) -> None:
    pipeline().to_disk(tmp_path)
    assert spacy.load(tmp_path)("a dog on a cat")._.scene == pipeline()("a dog on a cat")._.scene


def test_spacy_finds_the_parts_by_the_entry_points_of_the_project(tmp_path: Path) -> None:
    groups = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    declared = {group: names for group, names in groups.items() if group.startswith("spacy_")}
    info = tmp_path / "declared-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: declared\nVersion: 1\n")
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in names.items()) for group, names in declared.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))
    script = (
        "import spacy\n"
        "for tokenizer in ('spacy.Tokenizer.v1', 'rlrig_words'):\n"
        "    nlp = spacy.blank('en', config={'nlp': {'tokenizer': {'@tokenizers': tokenizer}}})\n"
        "    nlp.add_pipe('rlrig_terms'); nlp.add_pipe('rlrig_scene')\n"
        '    print([r.predicate for r in nlp("a cat on the dog\'s left")._.scene.graph.relations])'
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(REPO)])},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert (found.stdout.split("\n")[:2], found.returncode) == (["['left of']"] * 2, 0), found.stderr
