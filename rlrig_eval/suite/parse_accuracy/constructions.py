"""Prompts written around a gold graph, by the construction of English that they use, and prompts to be refused.

A pattern is a text with slots. `{a}` is a thing with its article and, at times, attributes ("a small red hot dog"),
`{the a}` the same thing met again, `{two a}` a group; `{left}` is one wording of a relation and `{LEFT}` is another
pick for the same pattern. The gold says which relations hold between the slots.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.phrases import describe, number_word, plural, with_article
from rlrig_eval.suite.parse_accuracy.cases import Case

# Names whose plural is regular; the others are in their own construction.
_NAMES = (
    "bicycle, car, motorcycle, bus, train, truck, boat, traffic light, fire hydrant, stop sign, bench, bird, cat, dog, "
    "horse, cow, bear, giraffe, backpack, handbag, suitcase, kite, baseball bat, skateboard, tennis racket, bottle, "
    "wine glass, cup, fork, spoon, bowl, banana, sandwich, carrot, hot dog, pizza, cake, chair, couch, potted plant, "
    "bed, dining table, laptop, cell phone, microwave, toaster, sink, book, clock, vase, teddy bear, hair drier"
).split(", ")
_COLOURS, _SIZES, _MATERIALS = ("red", "blue", "green", "black", "white"), ("small", "large"), ("wooden", "plastic")

WORDINGS: Mapping[str, tuple[str, ...]] = {
    "left of": ("left of", "to the left of", "on the left of", "on the left side of", "to the left side of"),
    "right of": ("right of", "to the right of", "on the right of", "on the right side of"),
    "above": ("above", "over"),
    "below": ("below",),
    "on": ("on", "on top of"),
    "under": ("under", "beneath", "underneath"),
    "in front of": ("in front of",),
    "behind": ("behind",),
    "inside": ("inside", "within", "in"),
    "near": ("near", "next to", "beside", "close to"),
    "far from": ("far from", "far away from"),
    "bigger than": ("bigger than", "larger than"),
    "smaller than": ("smaller than",),
}


@dataclass(frozen=True)
class Pattern:
    """`relations` are (subject, predicate, object or objects, "not" and "own" flags), by slot letter; R is drawn."""

    text: str
    relations: tuple[tuple[str, ...], ...] = ()
    absent: tuple[str, ...] = ()


def _p(text: str, *relations: str, absent: str = "") -> Pattern:
    return Pattern(text, tuple(tuple(relation.split("|")) for relation in relations), tuple(absent.split()))


PATTERNS: Mapping[str, Sequence[Pattern]] = {
    "articles": (_p("{a} {R} {b}", "a|R|b"), _p("the {n a} {R} the {n b}", "a|R|b"), _p("{n a} {R} {n b}", "a|R|b")),
    "openings": (
        _p("a photo of {a} {R} {b}", "a|R|b"), _p("There is {a} {R} {b}.", "a|R|b"), _p("an image of {a}"),
        _p("A picture of {a} and {b}"), _p("in this image there is {a} {R} {b}", "a|R|b"),
    ),
    "plurals and numbers": (
        _p("{two a}"), _p("{two a} {R} {b}", "a|R|b"), _p("{two a} and {two b}"), _p("a photo of {two a}"),
        _p("a group of {two a} {R} {b}", "a|R|b"),
    ),
    "lists": (_p("{a} and {b}"), _p("{a}, {b} and {c}"), _p("{a}, {b}, and {c}"), _p("{a} and {two b}")),
    "orderings": (
        _p("from left to right: {a}, {b}, and {c}", "a|left of|b", "b|left of|c"),
        _p("{a}, {b} and {c} from top to bottom", "a|above|b", "b|above|c"),
        _p("From right to left, {a} and {two b}.", "a|right of|b"),
    ),
    "synonyms": (_p("{a} is {R} {b}", "a|R|b"),),
    "fronted": (
        _p("{R} {b} is {a}", "a|R|b"), _p("{R} {b} there is {a}", "a|R|b"), _p("{R} {b}, {a}", "a|R|b"),
        _p("{b}, and {R} {the b} is {a}", "a|R|b"), _p("{b}. {R} {the b} is {a}.", "a|R|b"),
    ),
    "passive": (
        _p("{a} surrounded by {two b}", "b|around|a"), _p("{a} is surrounded by {b}", "b|around|a"),
        _p("{a} is flanked by {b} and {c}", "a|between|b|c"), _p("{a} is placed {R} {b}", "a|R|b"),
        _p("{a} is located {R} {b}", "a|R|b"), _p("{a} can be seen {R} {b}", "a|R|b"),
        _p("{a} enclosed by {two b}", "b|around|a"),
    ),
    "between": (
        _p("{a} between {b} and {c}", "a|between|b|c"), _p("{a} is in between {b} and {c}", "a|between|b|c"),
        _p("{a} between {two b}", "a|between|b|b"), _p("{a} and {b}, and {c} between them", "c|between|a|b"),
        _p("between {b} and {c} is {a}", "a|between|b|c"),
    ),
    "chains": (
        _p("{a} {R} {b}, and {the b} {S} {c}", "a|R|b", "b|S|c"), _p("{a} {R} {b} and {S} {c}", "a|R|b", "a|S|c"),
        _p("{a} is {R} {b}, and {the b} is {S} {c}", "a|R|b", "b|S|c"),
        _p("{a} {R} {b}. {The b} is {S} {c}.", "a|R|b", "b|S|c"),
        _p("{a} {R} {b}, {c} {S} {d}", "a|R|b", "c|S|d"), _p("{a} {R} and {S} {b}", "a|R|b", "a|S|b"),
    ),
    "relative clauses": (
        _p("{a} that is {R} {b}", "a|R|b"), _p("{a} which is {R} {b} is {S} {c}", "a|R|b", "a|S|c"),
        _p("{a} {R} {b} that is {S} {c}", "a|R|b", "b|S|c"), _p("{a} {R} {b}, which is {S} {c}", "a|R|b", "b|S|c"),
        _p("{a} that is {R} {b} that is {S} {c}", "a|R|b", "b|S|c"), _p("{a} that is not {R} {b}", "a|R|b|not"),
    ),
    "repeated nouns": (
        _p("{a} {R} {b}, and {the a} {S} {c}", "a|R|b", "a|S|c"),
        _p("{a} and {b}, and {the a} is {R} {the b}", "a|R|b"),
        _p("{a}. {b}. {The a} is {R} {the b}.", "a|R|b"), _p("{n a} {R} {n b}. {n b} {S} {n c}.", "a|R|b", "b|S|c"),
        _p("{two a} {R} {b}, and {the a} {S} {c}", "a|R|b", "a|S|c"),
    ),
    "pronouns": (
        _p("{a}, and {R} it is {b}", "b|R|a"), _p("{two a} {R} {b}. It is {S} {c}.", "a|R|b", "b|S|c"),
        _p("{two a} {R} {b}. They are {S} {c}.", "a|R|b", "a|S|c"),
        _p("{a} and {b}, and {c} {R} them", "c|R|a", "c|R|b"),
        _p("{a} with {b} {R} it", "b|R|a"), _p("{a} and {b} next to each other", "a|near|b"),
        _p("{two a}. {b} is {R} them.", "b|R|a"),
    ),
    "frames": (
        _p("{b} on {the-own a} left", "b|left of|a|own"), _p("{b} is to {the-own a} right", "b|right of|a|own"),
        _p("{a} with {b} to its left", "b|left of|a|own"), _p("{a}, and {b} on its right side", "b|right of|a|own"),
        _p("from {the-own a} perspective, {b} is left of {the a}", "b|left of|a|own"),
        _p("{b} is right of {a} from {the-own a} point of view", "b|right of|a|own"),
        _p("from the viewer's side, {b} is left of {a}", "b|left of|a"),
        _p("{b} left of {a}, as seen by the viewer", "b|left of|a"),
        _p("on {the-own a} left is {b}", "b|left of|a|own"),
    ),
    "negation": (
        _p("{a} not {R} {b}", "a|R|b|not"), _p("{a} is not {R} {b}", "a|R|b|not"), _p("{a} isn't {R} {b}", "a|R|b|not"),
        _p("no {n a}", absent="a"), _p("{b} and no {n a}", absent="a"), _p("{b} without {a}", absent="a"),
        _p("{b} {R} {c}, and there is no {n a}", "b|R|c", absent="a"),
    ),
    "shared relations": (
        _p("{a} and {b} are {R} {c}", "a|R|c", "b|R|c"), _p("{a} is {R} both {b} and {c}", "a|R|b", "a|R|c"),
        _p("{a} and {b} {R} {c}", "a|R|c", "b|R|c"), _p("{a}, {b} and {two c} {R} {d}", "a|R|d", "b|R|d", "c|R|d"),
        _p("{a}, {b}, and {c} {R} {d}", "a|R|d", "b|R|d", "c|R|d"),
        _p("{a} and {b} {R} {c} and {S} {d}", "a|R|c", "a|S|d", "b|R|c", "b|S|d"),
        _p("{a} and {b} placed {R} {c}, and {the c} {S} {d}", "a|R|c", "b|R|c", "c|S|d"),
    ),
    "postures and degrees": (
        _p("{a} sitting above {b}", "a|above|b"), _p("{a} and {b} standing on {c}", "a|on|c", "b|on|c"),
        _p("{a} directly above {b}", "a|above|b"), _p("{a} is just to the left of {b}", "a|left of|b"),
        _p("{a} partially in front of {b}", "a|in front of|b"),
    ),
    "what a thing has": (
        _p("{a} with {b} and {c} {R} it", "b|R|a", "c|R|a"), _p("{a} with {two b} and {c} {R} it", "b|R|a", "c|R|a"),
        _p("{a} with {b} {R} it and {c} {S} it", "b|R|a", "c|S|a"),
        _p("{a} with {b} to its left and {c} to its right", "b|left of|a|own", "c|right of|a|own"),
        _p("{a} with {b} inside", "b|inside|a"),
    ),
    "taken up after a comma": (
        _p("{a}, {R} {b}", "a|R|b"), _p("{a} and {b}, both {R} {c}", "a|R|c", "b|R|c"),
        _p("{a} and {b}, with {the a} {R} {the b}", "a|R|b"), _p("{a} {R}, and {S}, {b}", "a|R|b", "a|S|b"),
    ),
    "verbs at the end": (
        _p("{the a} {R} {b} is {S} {c}", "a|R|b", "a|S|c"), _p("{two a} {R} {b} are {S} {c}", "a|R|b", "a|S|c"),
    ),
    "chains of one relation": (
        _p("{a} above {b} above {c}", "a|above|b", "b|above|c"), _p("{a} on {b} on {c}", "a|on|b", "b|on|c"),
    ),
    "neither and nor": (
        _p("{a} not {R} or {S} {b}", "a|R|b|not", "a|S|b|not"),
        _p("{a} is neither {R} nor {S} {b}", "a|R|b|not", "a|S|b|not"),
        _p("{a} does not touch {b}", "a|touching|b|not"),
    ),
}  # fmt: skip
"""Construction -> its patterns."""

REFUSED: Mapping[str, Sequence[str]] = {
    "attachment left open": ("{a} {R} {b} {S} {c}", "{a} and {b} is {R} {c}", "{a} {R} {b} and {c}"),
    "pronoun left open": ("{a} {R} {b}, and it is {S} {c}", "it is {R} {a}", "{b} right of {a} from its view"),
    "unknown verb": ("{a} chases {b}", "{a} chasing {b}", "{a} is repairing {b}"),
    "unknown adjective": ("a happy {n a} {R} {b}", "{a} {R} a mysterious {n b}"),
    "number left open": ("several {s a} {R} {b}", "{s a} and {b}"),
    "place in the picture": ("{a} on the left of the image", "{a} in the background"),
    "broken": ("{a} {R}", "{R}", "{a} {b}", "{a} is", "{a} between {b}", "{a} and"),
    "part of a group": ("{two a}, one {n a} {R} {b}", "{two a}. One {n a} is {R} {b}."),
    "denial left open": ("{a} not directly above {b}", "{a} not {R} and {S} {b}", "{a} {R} or {S} {b}"),
    "list left open": ("{a} with {two b}, and {c} {R} it", "{a}, {b}, {R} {c}", "{a}, {R} {b}, {c}"),
}
"""What must not be read without saying so -> patterns."""


def cases(seed: int, each: int) -> Iterator[Case]:
    """`each` prompts of every pattern; the same seed gives the same prompts."""
    rng = np.random.default_rng(seed)
    for construction, patterns in PATTERNS.items():
        for pattern in patterns:
            for _ in range(each):
                yield _filled(rng, construction, pattern)


def refused(seed: int, each: int) -> Iterator[Case]:
    """Prompts that say more, or other, than can be known; their graph is empty because there is no gold."""
    rng = np.random.default_rng(seed)
    for construction, texts in REFUSED.items():
        for text in texts:
            for _ in range(each):
                yield _filled(rng, construction, Pattern(text))


def _filled(rng: Generator, construction: str, pattern: Pattern) -> Case:
    letters = sorted(set(re.findall(r"\{(?:[\w-]+ )?([a-d])\}", pattern.text)))
    things = dict(zip(letters, _things(rng, len(letters), pattern), strict=True))
    first, second = (str(name) for name in rng.choice(list(WORDINGS), size=2, replace=False))
    said = {"R": _pick(rng, WORDINGS[first]), "S": _pick(rng, WORDINGS[second])}
    text = re.sub(r"\{([^}]+)\}", lambda slot: said.get(slot[1]) or _slot(slot[1], things), pattern.text)
    relations = tuple(_relation(parts, {"R": first, "S": second}) for parts in pattern.relations)
    present = tuple(thing for letter, thing in things.items() if letter not in pattern.absent)
    absent = tuple(things[letter].category for letter in pattern.absent)
    return Case(construction, text, SceneGraph(entities=present, relations=relations), absent)


def _things(rng: Generator, count: int, pattern: Pattern) -> Iterator[Entity]:
    for letter, name in zip("abcd", rng.choice(_NAMES, size=count, replace=False), strict=False):
        plain = letter in pattern.absent or f"{{n {letter}}}" in pattern.text
        options = () if plain else (_SIZES, _COLOURS, _MATERIALS)
        words = tuple(_pick(rng, kind) for kind in options if rng.random() < 0.3)
        several = f"{{two {letter}}}" in pattern.text
        yield Entity(id=letter, category=str(name), attributes=words, count=int(rng.integers(2, 6)) if several else 1)


def _slot(slot: str, things: Mapping[str, Entity]) -> str:
    how, letter = slot.split() if " " in slot else ("", slot)
    thing = things[letter]
    phrase = describe(thing.category, thing.attributes)
    if how == "two":
        return f"{number_word(thing.count)} {describe(thing.category, thing.attributes, thing.count)}"
    if how == "s":
        return plural(thing.category)
    if how in ("the", "The"):
        return f"{how} {describe(thing.category, thing.attributes, thing.count)}"
    if how == "the-own":
        return f"the {phrase}'s"
    return phrase if how == "n" else with_article(phrase)


def _relation(parts: Sequence[str], drawn: Mapping[str, str]) -> Relation:
    subject, predicate, *rest = parts
    objects = [part for part in rest if part not in ("not", "own")]
    return Relation(
        subject=subject,
        predicate=drawn.get(predicate, predicate),
        object=(objects[0], objects[1]) if len(objects) == 2 else objects[0],
        frame="object" if "own" in rest else "viewer",
        negated="not" in rest,
    )


def _pick(rng: Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]
