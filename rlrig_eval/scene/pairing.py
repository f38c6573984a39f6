"""Which thing of a picture is which of a prompt: exact, in the order of `Stake`.

Attributes alone are an assignment problem, and settle most pictures. What they leave open, an integer program decides:
x[i, g] = 1 makes read entity i one of gold entity g, and y = 1 when all the things of a read relation are so paired.
A gold group is not expanded: its members are told apart by nothing, so g takes as many as it counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import comb, prod
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from rlrig_eval.scene.attributes import kind_of
from rlrig_eval.scene.facts import Fact, Topic, fact, facts
from rlrig_eval.scene.graph import Entity, SceneGraph
from rlrig_eval.scene.ordering import in_order
from rlrig_eval.scene.program import Program

Pair = tuple[str, str]
"""The id of a read entity and that of a gold one."""

Pairs = tuple[Pair, ...]


class Stake(NamedTuple):
    """What a pairing gains by some pairs; the first counts before the second, and so on. Before all of these go the
    most pairs of one category, and among those the most shared attributes.

    `held`: gold relations that hold. `denied`: relations that gold denies and that hold, negative. `beside`: relations
    that gold has an opinion on and does not state, and attributes beside right ones of their kind, negative.
    `silent`: attributes of a kind that gold says nothing on, negative.
    """

    held: int
    denied: int
    beside: int
    silent: int


@dataclass(frozen=True)
class Opinion:
    """What a gold graph states, denies and has an opinion on, by the ids of its entities and groups."""

    stated: frozenset[Fact]
    denied: frozenset[Fact]
    topics: frozenset[Topic]

    @classmethod
    def of(cls, gold: SceneGraph) -> Opinion:
        stated = frozenset(facts(gold))
        return cls(stated, frozenset(facts(gold, negated=True)), frozenset(one.topic for one in stated))

    def concerns(self, told: Fact) -> bool:
        return told in self.denied or told.topic in self.topics


def pairing(read: SceneGraph, gold: SceneGraph) -> dict[str, str]:
    """Read id -> id of the gold entity, or group, that it is taken for.

    Neither ids nor the order of lists decide: what even `Stake` leaves open, the things themselves do (`in_order`).
    """
    rooms = _rooms(read.entities, gold.entities)
    if any(room.open for room in rooms):
        rooms = _rooms(in_order(read), in_order(gold))
        return _settled(rooms, read, gold)
    return {one: other for room in rooms for one, other in room.found}


@dataclass(frozen=True)
class _Room:
    """The things of one category: a pairing with the most shared attributes, and all pairs that are in any such."""

    seen: Sequence[Entity]
    wanted: Sequence[Entity]
    found: Sequence[Pair]
    pairs: Mapping[Pair, tuple[Entity, Entity]]
    spare: tuple[frozenset[str], frozenset[str]]
    """Ids of `seen` and of `wanted` that need not be paired."""

    @property
    def open(self) -> bool:
        return len(self.pairs) > len(self.found)


def _rooms(seen: Sequence[Entity], wanted: Sequence[Entity]) -> list[_Room]:
    by_category: dict[str, tuple[list[Entity], list[Entity]]] = {}
    for side, entities in enumerate((seen, wanted)):
        for entity in entities:
            by_category.setdefault(entity.category, ([], []))[side].append(entity)
    return [_room(*both) for both in by_category.values() if all(both)]


def _room(seen: Sequence[Entity], wanted: Sequence[Entity]) -> _Room:
    places = [number for number, entity in enumerate(wanted) for _ in range(min(entity.count, len(seen)))]
    size = max(len(seen), len(places))
    shared = np.zeros((size, size))  # with as many nobodies on the scarcer side as are missing there
    for i, one in enumerate(seen):
        words = set(one.attributes)
        shared[i, : len(places)] = [len(words.intersection(wanted[number].attributes)) for number in places]
    _, taken = linear_sum_assignment(shared, maximize=True)
    # What is lost when i takes the place of j; a pair is as good as those found when others can move to make that up.
    loss = np.diag(shared[:, taken])[:, None] - shared[:, taken]
    making_up = loss.copy()
    for k in range(size):
        making_up = np.minimum(making_up, making_up[:, k, None] + making_up[k])
    as_good = np.zeros((size, size), dtype=bool)
    as_good[:, taken] = loss + making_up.T == 0
    people, spots = range(len(seen)), range(len(places))
    idle = frozenset(seen[i].id for i in people if as_good[i, len(places) :].any())
    empty = frozenset(wanted[places[s]].id for s in spots if as_good[len(seen) :, s].any())
    return _Room(
        seen,
        wanted,
        [(seen[i].id, wanted[places[s]].id) for i, s in enumerate(taken[: len(seen)]) if s < len(places)],
        {
            (seen[i].id, wanted[places[s]].id): (seen[i], wanted[places[s]])
            for i in people
            for s in spots
            if as_good[i, s]
        },
        (idle, empty),
    )


def _settled(rooms: Sequence[_Room], read: SceneGraph, gold: SceneGraph) -> dict[str, str]:
    pairs = {pair: both for room in rooms for pair, both in room.pairs.items()}
    fixed = {pair for room in rooms if not room.open for pair in room.found}
    told = {
        needed: stake
        for needed, stake in _told(read, Opinion.of(gold), list(pairs))
        if not fixed.issuperset(needed)  # nothing is at stake between things whose partners are certain
    }
    alone = {pair: _alone(*both) for pair, both in pairs.items()}
    if not told and all(len({alone[pair] for pair in room.pairs}) == 1 for room in rooms):
        return {one: other for room in rooms for one, other in room.found}
    gains = np.array([*alone.values(), *told.values()], dtype=float)
    program = _program(rooms, list(pairs), told)
    x = np.zeros(len(gains))
    for gain in gains.T:
        if gain.any():
            x, most = program.best(gain)
            program.require({int(k): gain[k] for k in gain.nonzero()[0]}, least=most - 0.5)
    return dict(pair for pair, taken in zip(pairs, x, strict=False) if taken > 0.5)


def _told(read: SceneGraph, opinion: Opinion, pairs: Sequence[Pair]) -> Iterator[tuple[Pairs, Stake]]:
    """What is at stake between two or three things at once: for pairs that go together, what they gain together."""
    place = {name: number for number, name in enumerate(dict.fromkeys(one for one, _ in pairs))}
    rank = {name: number for number, name in enumerate(dict.fromkeys(other for _, other in pairs))}
    among: dict[tuple[str, ...], dict[tuple[Fact, bool], None]] = defaultdict(dict)
    for relation in read.relations:
        if all(name in place for name in (relation.subject, *relation.objects)):
            members = tuple(sorted((relation.subject, *relation.objects), key=place.__getitem__))
            among[members][fact(relation), relation.negated] = None
    spoken = {tuple(sorted(one.members)) for one in opinion.stated | opinion.denied}
    roles = {role for names in spoken if all(name in rank for name in names) for role in permutations(names)}
    ordered = sorted(roles, key=lambda role: [rank[name] for name in role])
    possible = frozenset(pairs)
    for members, said in sorted(among.items(), key=lambda item: [place[name] for name in item[0]]):
        for role in ordered:
            needed = tuple(zip(members, role, strict=False))
            if len(role) == len(members) and possible.issuperset(needed):
                stake = _stake(said, opinion, dict(needed))
                if any(stake):
                    yield needed, stake


def _stake(said: Mapping[tuple[Fact, bool], None], opinion: Opinion, names: Mapping[str, str]) -> Stake:
    renamed = [(one.renamed(names), negated) for one, negated in said]
    kept = [(one, negated) for one, negated in renamed if opinion.concerns(one)]
    held = sum(not negated and one in opinion.stated for one, negated in kept)
    denied = sum(not negated and one in opinion.denied for one, negated in kept)
    return Stake(held, -denied, held - len(kept), 0)


def _alone(one: Entity, other: Entity) -> Stake:
    """What is at stake for one pair by itself, beside its shared attributes."""
    words, asked = set(one.attributes), set(other.attributes)
    right = {kind_of(word) for word in words & asked}
    kinds = {kind_of(word) for word in asked}
    beside = sum(kind_of(word) in right for word in words - asked)
    return Stake(0, 0, -beside, -sum(kind_of(word) not in kinds for word in words))


def _program(rooms: Sequence[_Room], pairs: Sequence[Pair], told: Mapping[Pairs, Stake]) -> Program:
    """The pairings with the most shared attributes; y is 1 exactly where the pairs that it needs are made."""
    program = Program(len(pairs), len(told))
    column = {pair: k for k, pair in enumerate(pairs)}
    places: dict[str, int] = {}
    for room in rooms:
        for side, entities in enumerate((room.seen, room.wanted)):
            for entity in entities:
                row = {column[pair]: 1.0 for pair in room.pairs if pair[side] == entity.id}
                most = min(entity.count, len(room.seen)) if side else 1
                program.require(row, 0 if entity.id in room.spare[side] else most, most)
        places |= {entity.id: min(entity.count, len(room.seen)) for entity in room.wanted}

    served: dict[tuple[Pair, tuple[str, ...]], dict[int, float]] = defaultdict(dict)
    wrong: dict[tuple[Pair, str], dict[int, Pair]] = defaultdict(dict)
    for k, (needed, stake) in enumerate(told.items(), start=len(pairs)):
        bad = stake.denied or stake.beside
        for pair in needed:
            others = [other for other in needed if other != pair]
            served[pair, tuple(sorted(name for _, name in others))][k] = 1.0
            program.require({k: 1.0, column[pair]: -1.0}, most=0.0)
            if bad and len(others) == 1:
                wrong[pair, others[0][1]][k] = others[0]
        if bad and len(needed) == 3:
            program.require({k: 1.0, **{column[pair]: -1.0 for pair in needed}}, least=-2.0)
    for (pair, beside), row in served.items():
        ways = prod(comb(places[name] - (name == pair[1]), count) for name, count in Counter(beside).items())
        program.require({**row, column[pair]: -float(ways)}, most=0.0)
    for (pair, name), ys in wrong.items():
        row = dict.fromkeys(ys, 1.0) | {column[other]: -1.0 for other in ys.values()}
        program.require({**row, column[pair]: -float(places[name])}, least=-float(places[name]))
    return program
