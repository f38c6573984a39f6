"""VISOR: two objects, told both ways round."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

from rlrig_eval.scene import equivalent
from rlrig_eval.suite import Suite, load
from tests.suite.importers.conftest import FIXTURES, PUBLISHED, by_id, message, published, told

FILE = FIXTURES / "visor.json"


def enumerated(names: list[str]) -> list[dict[str, Any]]:
    """The published enumeration (shared/data/visor/README.md), over any names."""
    found: list[tuple[str, str, str | None]] = []
    for one, other in combinations(names, 2):
        for words in ("to the left of", "to the right of", "above", "below", "and"):
            found += [(words, one, other), (words, other, one)]
    found += [("single", name, None) for name in names]
    return [
        {
            "unique_id": number,
            "num_objects": 1 if other is None else 2,
            "obj_1_attributes": [one],
            "obj_2_attributes": [other],
            "rel_type": words,
            "text": f"a {one}" if other is None else f"a {one} {words} a {other}",
        }
        for number, (words, one, other) in enumerate(found)
    ]


def whole(folder: Path) -> Suite:
    """A suite of the full size: 80 names, 31,680 prompts."""
    (folder / "all.json").write_text(json.dumps(enumerated([f"thing {number}" for number in range(80)]), indent=1))
    return load("visor", folder / "all.json")


def test_the_graph_is_what_the_fields_say() -> None:
    prompts = by_id(load("visor", FILE))
    assert told(prompts["00040"]) == [("lamp", "left of", "stool")]
    assert [e.category for e in prompts["00048"].graph.entities] == ["lamp", "stool"]
    assert [e.category for e in prompts["31600"].graph.entities] == ["lamp"]
    assert not prompts["00048"].graph.relations


def test_the_twin_is_the_other_way_round_where_the_file_has_it() -> None:
    prompts = by_id(load("visor", FILE))
    assert (prompts["00040"].twin, prompts["00041"].twin, prompts["00044"].twin) == ("visor-00041", "visor-00040", None)
    assert not equivalent(prompts["00040"].graph, prompts["00041"].graph)


def test_all_prompts_of_a_pair_of_objects_are_one_group() -> None:
    groups = {name: prompt.group for name, prompt in by_id(load("visor", FILE)).items()}
    assert groups == dict.fromkeys(("00040", "00041", "00044", "00048"), "visor-lamp-stool") | {"31600": "visor-lamp"}


def test_trap_ids_do_not_come_from_the_place_in_the_file(tmp_path: Path) -> None:
    records = json.loads(FILE.read_text())
    (tmp_path / "fewer.json").write_text(json.dumps(records[2:]))
    assert by_id(load("visor", tmp_path / "fewer.json"))["00044"].text == "a lamp above a stool"


def test_a_record_on_several_lines_is_located_at_its_first(tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(FILE.read_text().replace('"rel_type": "and"', '"rel_type": "nor"'))
    (said,) = message("visor", file)
    assert said.startswith("wrong.json:5: rel_type: Input should be 'to the left of'")


def test_a_single_with_a_second_object_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(FILE.read_text().replace("[null]", '["stool"]'))
    assert message("visor", file) == ["wrong.json:13: obj_2_attributes: 'stool' does not go with rel_type 'single'"]


def test_the_same_record_under_two_ids_has_one_twin(tmp_path: Path) -> None:
    records = json.loads(FILE.read_text())
    (tmp_path / "twice.json").write_text(json.dumps([*records, records[0] | {"unique_id": 99}]))
    assert by_id(load("visor", tmp_path / "twice.json"))["00099"].twin is None


def test_the_full_size(tmp_path: Path) -> None:
    suite = whole(tmp_path)
    assert Counter(prompt.tags[0] for prompt in suite.prompts) == dict.fromkeys(
        ("to the left of", "to the right of", "above", "below", "and"), 6320
    ) | {"single": 80}
    assert sum(prompt.twin is not None for prompt in suite.prompts) == 25_280
    assert len({prompt.group for prompt in suite.prompts}) == 3160 + 80
    place = {prompt.id: number for number, prompt in enumerate(suite.prompts)}
    assert all(abs(place[p.id] - place[p.twin]) == 1 for p in suite.prompts if p.twin is not None)


@published
def test_the_published_files() -> None:
    subset = load("visor", PUBLISHED / "visor" / "visor_subset_1000.json")
    relations = Counter(relation.predicate for prompt in subset.prompts for relation in prompt.graph.relations)
    assert relations == {"left of": 307, "right of": 276, "above": 212, "below": 205}
    assert len({entity.category for prompt in subset.prompts for entity in prompt.graph.entities}) == 80
    sample = load("visor", PUBLISHED / "visor" / "visor_sample_all_types.json")
    assert Counter(prompt.tags[0] for prompt in sample.prompts)["single"] == 10
    assert sum(prompt.twin is not None for prompt in sample.prompts) == 32
