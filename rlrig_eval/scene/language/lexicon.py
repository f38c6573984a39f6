"""Every phrase that the grammar knows as a whole: relations, openings, and the viewer's frame."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Term:
    """What a known phrase does.

    A relation states `predicate` of what stands before it and what stands after it; the other way round when
    `passive` ("surrounded by" is "around" told from the other side); `narrowed` when it says more than a graph can
    ("directly above"), so that denying it denies less than the predicate. An opening ("a photo of") says nothing about
    the scene where it begins a sentence, a there term ("there is") where it begins a clause. A viewer term names
    the viewer's frame.
    """

    kind: Literal["relation", "opening", "there", "viewer"]
    predicate: str = ""
    passive: bool = False
    narrowed: bool = False


_SAYS: Mapping[str, str] = {
    "left of": "to the left of, on the left of, at the left of, at left of, to left of, on left of, "
    "to the left side of, on the left side of, at the left side of, left side of, "
    "on the left-hand side of, on the left hand side of",
    "right of": "to the right of, on the right of, at the right of, at right of, to right of, on right of, "
    "to the right side of, on the right side of, at the right side of, right side of, "
    "on the right-hand side of, on the right hand side of",
    "above": "over, up above",
    "below": "down below",
    "on": "on top of, on the top of, atop, upon, atop of",
    "under": "beneath, underneath",
    "in front of": "in the front of",
    "behind": "in back of, at the back of",
    "inside": "in, within, inside of, contained in",
    "around": "surround, surrounding, surrounds, encircle, encircling, encircles, enclose, enclosing, encloses, "
    "contain, containing, contains, all around",
    "near": "close to, next to, beside, by, nearby, right next to, alongside, by the side of, at the side of",
    "far from": "far away from, a long way from, distant from",
    "touching": "touch, touches, in contact with",
    "bigger than": "larger than",
    "smaller than": "",
    "between": "in between, in the middle of, midway between, halfway between, sandwiched between",
}
_SAYS_PASSIVELY: Mapping[str, str] = {
    "around": "surrounded by, encircled by, enclosed by, enclosed in",
    "touching": "touched by",
    "on": "topped by, topped with",
}
# "x flanked by a and b": x is between them, so nothing trades places.
_FLANKED = ("flanked by", "framed between")

# How closely a relation holds; the relation itself is said all the same ("partially inside" is not inside).
_DEGREES = ("directly", "immediately", "right", "just", "slightly")
_DEGREES_OF_DEPTH = ("partially", "partly")
_DEPTH = ("in front of", "behind")

# The predicates of Visual Genome's common split (Xu et al., CVPR 2017) that name no relation of ours and do not
# depend on a reading of their own ("of", "to", "for"). They are kept as they are.
VERBATIM = (
    "across, against, along, at, attached to, belonging to, carrying, covered in, covered by, covered with, covering, "
    "eating, flying in, growing on, hanging from, has, have, having, holding, laying on, looking at, made of, "
    "mounted on, on back of, outside, outside of, painted on, parked on, part of, playing, playing with, pulling, "
    "reading, riding, swinging, using, walking in, walking on, watching, wearing, wears, with, opposite, adjacent to"
)

_PICTURES = ("photo", "photograph", "picture", "image", "drawing")
_DETERMINERS = ("a", "an", "the", "this is a", "this is an", "")
OPENINGS = (
    *(f"{one} {what} of".strip() for one, what in product(_DETERMINERS, _PICTURES)),
    "this is, we can see, i can see, in this image, in this picture, in this photo, in the image, in the picture",
    "in the photo, in this image we can see, in this image i can see, in this picture we can see",
    "in this picture i can see, in the image we can see, in the picture we can see",
)
THERE = ("there is", "there are", "there's", "here is", "here are")
_VIEWS = ("side", "perspective", "point of view", "viewpoint", "view", "position")
_VIEWERS = ("the viewer's", "the observer's", "the camera's", "our", "my", "the viewers'")
VIEWER = (
    *(f"from {whose} {view}" for whose, view in product(_VIEWERS, _VIEWS)),
    *(f"{seen} the {who}" for seen in ("as seen by", "as seen from", "seen from") for who in ("viewer", "camera")),
)


_CLASHES = {"right left of", "right right of"}


def _listed(phrases: Iterable[str]) -> Iterator[str]:
    return (phrase.strip() for row in phrases for phrase in row.split(",") if phrase.strip())


def _terms() -> Iterator[tuple[str, Term]]:
    for phrase in _listed([VERBATIM]):
        yield phrase, Term("relation", phrase)
    for predicate, phrases in _SAYS.items():
        for phrase in (predicate, *_listed([phrases])):
            yield phrase, Term("relation", predicate)
            for degree in (*_DEGREES, *(_DEGREES_OF_DEPTH if predicate in _DEPTH else ())):
                if f"{degree} {phrase}" not in _CLASHES:
                    yield f"{degree} {phrase}", Term("relation", predicate, narrowed=True)
    for predicate, phrases in _SAYS_PASSIVELY.items():
        for phrase in _listed([phrases]):
            yield phrase, Term("relation", predicate, passive=True)
    for phrase in _FLANKED:
        yield phrase, Term("relation", "between")
    for phrase in _listed(OPENINGS):
        yield phrase, Term("opening")
    for phrase in THERE:
        yield phrase, Term("there")
    for phrase in VIEWER:
        yield phrase, Term("viewer")


TERMS: Mapping[str, Term] = MappingProxyType(dict(_terms()))
"""Lower-case phrase -> what it does. Every wording of a vocabulary relation that is read is here.

>>> TERMS["to the left of"].predicate, TERMS["surrounded by"].passive, TERMS["wearing"].predicate
('left of', True, 'wearing')
"""

BE = frozenset("is are was were 's".split())
DO = frozenset("does do".split())
PLURAL_VERBS = frozenset("are were do".split())
# What follows "does not".
BASE_VERBS = frozenset("touch surround encircle enclose contain".split())
# "a table with a cup on it", "a table has a cup on it"
HAVING = frozenset("with has have having".split())
# Where a thing is to the one that has it, said without naming that one again.
BARE_PLACES: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        ("inside",): "inside", ("on", "top"): "on", ("above",): "above", ("below",): "below", ("beneath",): "under",
        ("underneath",): "under", ("behind",): "behind", ("in", "front"): "in front of", ("beside",): "near",
        ("nearby",): "near",
    }
)  # fmt: skip
NOT = frozenset("not n't".split())
# Words between the verb and the relation that change nothing.
NEUTRAL = frozenset("also both located placed positioned situated seen shown found visible".split())
# What a thing does; on its own it becomes an attribute, in the -ing form.
STATES: Mapping[str, str] = MappingProxyType(
    {
        word: word
        for word in (
            "sitting standing lying laying resting hanging hovering floating flying walking running jumping swimming "
            "growing leaning sleeping crouching kneeling perched parked waiting grazing playing moving"
        ).split()
    }
    | {
        "sits": "sitting", "stands": "standing", "lies": "lying", "rests": "resting", "hangs": "hanging",
        "hovers": "hovering", "floats": "floating", "flies": "flying", "sit": "sitting", "stand": "standing",
        "lie": "lying", "hang": "hanging", "float": "floating", "hover": "hovering",
    }
)  # fmt: skip
# Before a place these only say how the thing is there ("a cup standing on a table"): they are part of the relation.
POSTURES = frozenset("sitting standing lying laying resting hanging hovering floating perched parked".split())
# Adverbs that narrow a relation; none of them can be said in a graph.
ADVERBS = frozenset("far more just right left directly immediately slightly partly partially away almost well".split())
SINGULAR_PRONOUNS = frozenset("it he she him".split())
PLURAL_PRONOUNS = frozenset("they them".split())
POSSESSIVES: Mapping[str, bool] = MappingProxyType({"its": False, "his": False, "her": False, "their": True})
"""Possessive pronoun -> whether it is plural."""
RELATIVES = frozenset("that which who".split())
# "left of the image" is a place in the picture, not a relation to a thing.
REGIONS = frozenset(
    "image picture photo photograph frame screen canvas scene left right top bottom middle center centre background "
    "foreground distance corner side edge back front".split()
)
# These name no thing, so "it is near a dog" is not about a thing called "it".
NO_NOUNS = frozenset(
    "as at be but by for from he him his if in into it its of or no on she so than that their them then there these "
    "they this those to was were where which while who whose with without her each other both neither nor "
    "we i you our my your can see nothing none nobody first second third last former latter".split()
)
ABSENCE = frozenset("no zero without".split())
CLAUSE_JOINTS = frozenset(", ; . ! ? and but while whereas".split())
NOUN_ENDS = frozenset("and not n't is are the 's no".split()) | DO
