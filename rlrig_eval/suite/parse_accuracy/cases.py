"""Prompts with the graph that the file itself states, whatever the parser makes of the words."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.scene import Entity, Relation, SceneGraph, equivalent
from rlrig_eval.scene.parse import Parsed
from rlrig_eval.suite.loader import load

VISOR_PREDICATES: Mapping[str, str] = {
    "to the left of": "left of", "to the right of": "right of", "above": "above", "below": "below"
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A prompt, its gold, and the group it is counted in."""

    group: str
    text: str
    graph: SceneGraph
    absent: tuple[str, ...] = ()  # categories that the text says are not there


def exact(case: Case, parsed: Parsed) -> bool:
    """Whether all of the text was understood, as the very graph: things, attributes, counts, and each relation with
    its predicate and direction as stated, its frame and its negation."""
    stated = [Counter((r.predicate, r.negated) for r in graph.relations) for graph in (parsed.graph, case.graph)]
    absent = tuple(reference.category for reference in parsed.absent)
    return parsed.complete and absent == case.absent and stated[0] == stated[1] and equivalent(parsed.graph, case.graph)


def geneval(data: Path) -> Iterator[Case]:
    """GenEval's metadata: the `position` of an entry names the relation that it has to an earlier one."""
    path = data / "geneval" / "evaluation_metadata.jsonl"
    for number, line in enumerate(_text(path).splitlines(), start=1):
        try:
            record = json.loads(line)
            entities = tuple(
                Entity(
                    id=f"e{index}",
                    category=wanted["class"],
                    count=wanted["count"],
                    attributes=(wanted["color"],) if "color" in wanted else (),
                )
                for index, wanted in enumerate(record["include"])
            )
            relations = tuple(
                Relation(subject=f"e{index}", predicate=wanted["position"][0], object=f"e{wanted['position'][1]}")
                for index, wanted in enumerate(record["include"])
                if "position" in wanted
            )
            yield Case(record["tag"], record["prompt"], SceneGraph(entities=entities, relations=relations))
        except (KeyError, TypeError, ValueError) as problem:
            raise UnreadableFile(f"no GenEval record: {problem}", path=path, line=number) from problem


def visor(data: Path) -> Iterator[Case]:
    """The VISOR records that are at hand."""
    for name in ("visor_subset_1000.json", "visor_sample_all_types.json"):
        for record in _records(data / "visor" / name):
            things = [record["obj_1_attributes"][0], *filter(None, record["obj_2_attributes"])]
            yield Case(name, record["text"], _visor_graph(things, record["rel_type"]))


def visor_enumerated(data: Path) -> Iterator[Case]:
    """All 31,680 prompts of VISOR, by its published enumeration over the names that its records hold."""
    names = sorted({entity.category for case in visor(data) for entity in case.graph.entities})
    for one, other in permutations(names, 2):
        for words in (*VISOR_PREDICATES, "and"):
            text = f"{_with_article(one)} {words} {_with_article(other)}"
            yield Case("enumeration", text, _visor_graph([one, other], words))
    for name in names:
        yield Case("enumeration", _with_article(name), _visor_graph([name], "single"))


def laion_sg(data: Path) -> Iterator[Case]:
    """LAION-SG's linear form, written from its records as the official loader writes nodes; equal nodes are one."""
    for name in ("laion_sg_card_example.json", "laion_sg_published_examples.json"):
        for record in _records(data / "laion_sg" / name):
            things = {item["item_id"]: (tuple(item["attributes"]), item["label"]) for item in record["items"]}
            stated = [(things[r["item1"]], r["relation"], things[r["item2"]]) for r in record["relations"]]
            stated = list(dict.fromkeys(stated))
            ids = {node: f"e{n}" for n, node in enumerate(dict.fromkeys(x for s, _, o in stated for x in (s, o)))}
            graph = SceneGraph(
                entities=tuple(Entity(id=ids[node], category=node[1], attributes=node[0]) for node in ids),
                relations=tuple(Relation(subject=ids[s], predicate=p, object=ids[o]) for s, p, o in stated),
            )
            text = "; ".join(f"{' '.join([*s[0], s[1]])} {p} {' '.join([*o[0], o[1]])}" for s, p, o in stated)
            triples = "one triple" if len(stated) == 1 else "several triples"
            yield Case(triples, text, graph)


def spatial(_: Path) -> Iterator[Case]:
    """This project's own suite, by the structure that its prompt was composed from."""
    for name in ("spatial", "spatial:dev"):
        for prompt in load(name).prompts:
            structure = next(tag.removeprefix("structure:") for tag in prompt.tags if tag.startswith("structure:"))
            yield Case(structure, prompt.text, prompt.graph)


def _visor_graph(things: list[str], words: str) -> SceneGraph:
    entities = tuple(Entity(id=f"e{index}", category=name) for index, name in enumerate(things))
    predicate = VISOR_PREDICATES.get(words)
    relations = (Relation(subject="e0", predicate=predicate, object="e1"),) if predicate else ()
    return SceneGraph(entities=entities, relations=relations)


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _records(path: Path) -> list[dict[str, Any]]:
    try:
        records: list[dict[str, Any]] = json.loads(_text(path))
    except ValueError as problem:
        raise UnreadableFile(f"no JSON: {problem}", path=path) from problem
    return records


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as problem:
        raise UnreadableFile(problem.strerror or str(problem), path=path) from problem
