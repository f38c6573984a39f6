"""DSG-1k's propositions against what was read: how many of its entities and relations are found.

The texts are free English from ten sources, most of them captions of several sentences; its propositions were made
by language models and checked by people (Cho et al., ICLR 2024). Both sides are reduced to words: nouns in the
singular, possessors dropped, predicates in canonical form, verbs by their stem.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.scene import VOCABULARY, Entity
from rlrig_eval.scene.language.lexicon import TERMS
from rlrig_eval.scene.language.nouns import category_of
from rlrig_eval.scene.parse import Parsed

Triple = tuple[str, str, str]
"""(subject, predicate, object) in canonical form."""

_TUPLE = re.compile(r"^\s*(\w+) - (.*?)\s*\((.*)\)\s*$", re.DOTALL)


@dataclass
class Item:
    """A prompt of DSG-1k with its propositions of entities, and of relations between two."""

    id: str
    text: str
    entities: set[str] = field(default_factory=set)
    spatial: set[Triple] = field(default_factory=set)
    other: set[Triple] = field(default_factory=set)

    @property
    def source(self) -> str:
        return re.sub(r"_?\d+$", "", self.id)


@dataclass
class Tally:
    """How many propositions there are and were found, and how many things or relations were read and rightly so."""

    gold: int = 0
    found: int = 0
    read: int = 0
    right: int = 0

    def add(self, gold: int, found: int, read: int = 0, right: int = 0) -> None:
        self.gold, self.found = self.gold + gold, self.found + found
        self.read, self.right = self.read + read, self.right + right

    @property
    def recall(self) -> float | None:
        return self.found / self.gold if self.gold else None

    @property
    def precision(self) -> float | None:
        return self.right / self.read if self.read else None


def items(data: Path) -> list[Item]:
    """The prompts in the order of the file."""
    path = data / "dsg" / "dsg-1k-anns.csv"
    found: dict[str, Item] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                item = found.setdefault(row["item_id"], Item(row["item_id"], row["text"]))
                _propose(item, row["tuple"])
    except (OSError, KeyError, csv.Error) as problem:
        raise UnreadableFile(f"not DSG-1k: {problem}", path=path) from problem
    return list(found.values())


def compare(gold: Iterable[Item], read: Iterable[Parsed]) -> dict[str, dict[str, Tally]]:
    """Group of prompts ("all", "understood in full", a source) -> prompt, entity, relation, spatial, other -> tally.

    What is read is not told apart into spatial and other, since DSG files some verbs under spatial.
    """
    tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for item, parsed in zip(gold, read, strict=True):
        names, triples = [_names(entity) for entity in parsed.graph.entities], set(_triples(parsed))
        stated = item.spatial | item.other
        right = sum(bool(ways & item.entities) for ways in names)
        for group in ("all", *(["understood in full"] if parsed.complete else []), item.source):
            tally = tallies[group]
            tally["prompt"].add(1, parsed.complete)
            tally["entity"].add(len(item.entities), len(item.entities & set().union(*names)), len(names), right)
            tally["relation"].add(len(stated), len(stated & triples), len(triples), len(stated & triples))
            tally["spatial"].add(len(item.spatial), len(item.spatial & triples))
            tally["other"].add(len(item.other), len(item.other & triples))
    first = ("all", "understood in full")
    return {group: dict(tallies[group]) for group in (*first, *sorted(tallies.keys() - set(first)))}


def _propose(item: Item, text: str) -> None:
    found = _TUPLE.match(text)
    if found is None:
        return
    broad, detail, inside = found.groups()
    parts = [part.strip() for part in inside.split(",")]
    if broad == "entity" and len(parts) == 1:
        item.entities.add(_noun(parts[0]))
    elif broad == "relation" and len(parts) == 3 and all(parts):
        triple = _canonical(_noun(parts[0]), parts[2].lower(), _noun(parts[1]))
        (item.spatial if detail == "spatial" else item.other).add(triple)


def _noun(phrase: str) -> str:
    """The name of a thing: lower-case, singular, without the possessor ("man's hat": hat)."""
    words = re.sub(r"^.*['’]s?\s+", "", phrase.lower().strip()).split() or [""]
    return category_of(words) or " ".join(words)


def _canonical(subject: str, predicate: str, object_: str) -> Triple:
    term = TERMS.get(predicate)
    if term is not None and term.kind == "relation":
        predicate = term.predicate
        subject, object_ = (object_, subject) if term.passive else (subject, object_)
    kind = VOCABULARY.get(predicate)
    if kind is None:
        first, *rest = predicate.split()
        return subject, " ".join([re.sub(r"(?<=\w\w\w)(ing|es|s|e)$", "", first), *rest]), object_
    if kind.swap or (kind.symmetric and object_ < subject):
        subject, object_ = object_, subject
    return subject, kind.canonical, object_


def _names(entity: Entity) -> set[str]:
    """The names that a thing goes by: with its attributes or without."""
    return {_noun(entity.category), _noun(" ".join([*entity.attributes, entity.category]))}


def _triples(parsed: Parsed) -> Iterator[Triple]:
    names = {entity.id: _noun(entity.category) for entity in parsed.graph.entities}
    for relation in parsed.graph.relations:
        for object_ in relation.objects:
            if not relation.negated:
                yield _canonical(names[relation.subject], relation.predicate, names[object_])
