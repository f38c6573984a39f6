"""Prompt text to scene graph: the wordings of this project's own suites, read strictly.

A clause is a thing, or a thing, a relation and a thing ("between" takes two); commas and "and" join clauses.
"a" brings in a new thing; "the" points back at the one that fits, or brings one in when there is none. What
this grammar does not cover is an error that names the words: nothing is guessed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from rlrig_eval.scene.attributes import kind_of
from rlrig_eval.scene.graph import Entity, Relation, SceneGraph
from rlrig_eval.scene.phrases import NUMBERS, plural, singular
from rlrig_eval.scene.relations import VOCABULARY

PHRASES: Mapping[str, str] = MappingProxyType(
    {name: name for name in VOCABULARY}
    | dict.fromkeys(("to the left of", "on the left of", "on the left side of"), "left of")
    | dict.fromkeys(("to the right of", "on the right of", "on the right side of"), "right of")
    | dict.fromkeys(("beneath", "underneath"), "under")
    | dict.fromkeys(("within", "inside of"), "inside")
    | dict.fromkeys(("close to", "next to", "beside"), "near")
    | {"over": "above", "on top of": "on", "surrounding": "around", "far away from": "far from"}
    | {"larger than": "bigger than", "in between": "between"}
)
"""Every wording of a relation -> the predicate that it states."""

_LONGEST_FIRST = sorted(((tuple(p.split()), name) for p, name in PHRASES.items()), key=lambda item: -len(item[0]))
_OPENING = re.compile(r"^(there (is|are) |(an?|the) (picture|photo|image|drawing) of )")
_COUNTS = {"a": 1, "an": 1} | {word: number for number, word in enumerate(NUMBERS) if number}
_JOINTS = frozenset({"and", "not", "is", "are", "the", *_COUNTS})
# These name no thing, so "it is near a dog" is not about a thing called "it".
_NO_NOUNS = frozenset(
    "as at be but by for from he his if in into it its of or no on she so than that their them then these "
    "they this those to was were where which while who whose with without".split()
)


class ParseError(ValueError):
    """The text says something that the grammar does not cover; the message names the words."""


def parse(text: str) -> SceneGraph:
    """The scene graph of a prompt, with the predicate and direction of each relation as the text states them.

    Raises:
        ParseError: words that the grammar does not cover.

    >>> graph = parse("two small red circles to the left of a blue square, and the square above a black star")
    >>> [(e.category, e.attributes, e.count) for e in graph.entities]
    [('circle', ('small', 'red'), 2), ('square', ('blue',), 1), ('star', ('black',), 1)]
    >>> [(r.subject, r.predicate, r.object) for r in graph.relations]
    [('e0', 'left of', 'e1'), ('e1', 'above', 'e2')]
    """
    plain = _OPENING.sub("", " ".join(text.lower().split()).removesuffix("."))
    return _Reader(re.findall(r"[\w'-]+|[^\w\s]", plain)).read()


@dataclass
class _Reader:
    """A walk over the words, with the things and relations met so far."""

    words: Sequence[str]
    at: int = 0
    things: list[Entity] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)

    def read(self) -> SceneGraph:
        related = self._clause()
        while self.at < len(self.words):
            began = self.at
            comma, joined = self._take(","), self._take("and")
            if not comma and not joined:
                raise self._lost("a comma or 'and'")
            before, related = related, self._clause()
            if not comma and before != related:
                raise ParseError(f"it is unclear what {self._since(began)!r} belongs to: set a comma before 'and'")
        return SceneGraph(entities=tuple(self.things), relations=tuple(self.relations))

    def _clause(self) -> bool:
        """Read one clause; whether it states a relation."""
        began, subject = self.at, self._thing()
        verb = self._take("is") or self._take("are")
        negated = self._take("not")
        predicate = self._predicate()
        if predicate is None:
            if verb or negated:
                raise self._lost("a relation")
            return False
        first = self._thing()
        between = VOCABULARY[predicate].places == 3
        object_ = (first, self._thing() if self._take("and") else first) if between else first
        try:
            relation = Relation(subject=subject, predicate=predicate, object=object_, negated=negated)
            SceneGraph(entities=tuple(self.things), relations=(relation,))
        except ValueError:
            raise ParseError(f"{self._since(began)!r} needs other things than it names") from None
        self.relations.append(relation)
        return True

    def _predicate(self) -> str | None:
        for phrase, predicate in _LONGEST_FIRST:
            if self._ahead(phrase):
                self.at += len(phrase)
                return predicate
        return None

    def _thing(self) -> str:
        """Read a noun phrase; the id of the thing it means."""
        began = self.at
        definite = self._take("the")
        count = None if definite else self._count()
        words = self._described()
        if not words or words[-1] in _NO_NOUNS or kind_of(words[-1]) != "other" or not words[-1].isalpha():
            raise self._lost("a thing", began)
        *attributes, noun = words
        if any(kind_of(word) == "other" for word in attributes):
            raise ParseError(f"cannot read {self._since(began)!r}: only colours, sizes and materials before a noun")
        if definite and (known := self._meant(noun, attributes, self._since(began))):
            return known
        if count is None and singular(noun) != noun:
            raise ParseError(f"{self._since(began)!r} does not say how many")
        several = count is not None and count > 1
        category = singular(noun) if several else noun
        if several and category == noun:
            raise ParseError(f"{self._since(began)!r} counts {count} but {noun!r} is no plural")
        thing = Entity(id=f"e{len(self.things)}", category=category, attributes=tuple(attributes), count=count or 1)
        self.things.append(thing)
        return thing.id

    def _count(self) -> int | None:
        word = self.words[self.at] if self.at < len(self.words) else ""
        count = int(word) if word.isdecimal() and len(word) < 4 else _COUNTS.get(word)
        if count is not None:
            self.at += 1
        return count or None

    def _described(self) -> list[str]:
        """The attributes and the noun: all words up to a joint, a relation, punctuation or the end."""
        found: list[str] = []
        while self.at < len(self.words):
            word = self.words[self.at]
            relation_ahead = any(self._ahead(phrase) for phrase, _ in _LONGEST_FIRST)
            if word in _JOINTS or relation_ahead or not re.match(r"\w", word):
                break
            found.append(word)
            self.at += 1
        return found

    def _meant(self, noun: str, attributes: Sequence[str], phrase: str) -> str | None:
        """The id of the one thing met before that "the ..." fits; None when there is none."""
        fitting = [
            thing.id
            for thing in self.things
            if noun == (thing.category if thing.count == 1 else plural(thing.category))
            and set(attributes) <= set(thing.attributes)
        ]
        if len(fitting) > 1:
            raise ParseError(f"{phrase!r} could mean {len(fitting)} things")
        return fitting[0] if fitting else None

    def _ahead(self, phrase: Sequence[str]) -> bool:
        return tuple(self.words[self.at : self.at + len(phrase)]) == tuple(phrase)

    def _take(self, word: str) -> bool:
        found = self._ahead((word,))
        self.at += found
        return found

    def _since(self, began: int) -> str:
        return " ".join(self.words[began : self.at])

    def _lost(self, expected: str, began: int | None = None) -> ParseError:
        rest = " ".join(self.words[self.at if began is None else began :])
        return ParseError(f"cannot read {rest!r}: expected {expected}" if rest else f"expected {expected} at the end")
