"""What stands between the things: verbs, relation phrases, and whose left is meant."""

from dataclasses import dataclass, field

from rlrig_eval.scene.language.lexicon import (
    BARE_PLACES,
    BASE_VERBS,
    BE,
    CLAUSE_JOINTS,
    DO,
    NEUTRAL,
    NOT,
    PLURAL_PRONOUNS,
    POSSESSIVES,
    POSTURES,
    SINGULAR_PRONOUNS,
    STATES,
    Term,
)
from rlrig_eval.scene.language.walk import Unread, Walk
from rlrig_eval.scene.relations import VOCABULARY

_SIDES = ("left", "right")
_SIDE_WORDS = (("-", "hand", "side"), ("hand", "side"), ("side",))
_OWN_VIEW = frozenset("side perspective viewpoint view position".split())
_LONGEST_OWNER = 6  # words
_PRONOUNS = SINGULAR_PRONOUNS | PLURAL_PRONOUNS
_NO_PLACES = ("size", "contact")  # axes


@dataclass
class Verb:
    """ "is", "is not", "is also sitting", "stands": what was said before a relation or a quality."""

    be: str = ""
    negated: bool = False
    neither: bool = False
    states: list[str] = field(default_factory=list)

    @property
    def said(self) -> bool:
        return bool(self.be or self.negated or self.states)


def read_verb(walk: Walk) -> Verb:
    """Take the verb ahead, if there is one."""
    verb = Verb()
    while not walk.done:
        word = walk.word
        if not verb.be and word in BE:
            verb.be = word
            walk.at += 1
        elif not verb.be and word == "can" and walk.peek(1) == "be":
            verb.be = "is"
            walk.at += 2
        elif not verb.said and word in DO and walk.peek(1) in NOT and walk.peek(2) in BASE_VERBS:
            verb.be = word
            walk.at += 1
        elif not verb.negated and word == "neither" and relation_ahead(walk, 1):
            verb.negated = verb.neither = True
            walk.at += 1
        elif not verb.negated and word in NOT:
            verb.negated = True
            walk.at += 1
        elif word in NEUTRAL and (verb.be or relation_ahead(walk, 1)):
            walk.at += 1
        elif not verb.negated and word in STATES:
            verb.states.append(STATES[word])
            walk.at += 1
        else:
            break
    return verb


def relation_ahead(walk: Walk, ahead: int = 0) -> bool:
    """Whether a relation phrase begins `ahead` words from here."""
    found = walk.text.terms.get(walk.at + ahead)
    if found is not None and found[1].kind == "relation":
        return True
    return own_side_ahead(walk, ahead) is not None


def own_side_ahead(walk: Walk, ahead: int = 0) -> tuple[str, int] | None:
    """ "on the dog's left" or "to its right": the side, and how many words ahead it stands; None when not ahead."""
    if walk.peek(ahead) not in ("on", "to", "at"):
        return None
    if walk.peek(ahead + 1) in POSSESSIVES:
        side = ahead + 2
        return (walk.peek(side), side) if walk.peek(side) in _SIDES and walk.peek(side + 1) != "of" else None
    for place in range(ahead + 2, ahead + 2 + _LONGEST_OWNER):
        if walk.peek(place) == "'s":
            return (walk.peek(place + 1), place + 1) if walk.peek(place + 1) in _SIDES else None
    return None


def take_side_words(walk: Walk) -> None:
    """Take "side" or "hand side", if ahead."""
    for words in _SIDE_WORDS:
        if walk.ahead(words):
            walk.at += len(words)
            return


def is_place(predicate: str, passive: bool = False) -> bool:
    """Whether a relation says where its subject is, and not how large it is or what is done to it."""
    kind = VOCABULARY.get(predicate)
    return kind is not None and not passive and kind.axis not in _NO_PLACES


def place_ahead(walk: Walk) -> bool:
    """Whether a relation phrase that says where its subject is, is ahead."""
    term = walk.term("relation")
    return is_place(term.predicate, term.passive) if term is not None else own_side_ahead(walk) is not None


def besides_place(states: list[str], place: bool) -> list[str]:
    """What the thing does, without what only says how it is in its `place` ("standing on a table")."""
    return [state for state in states if state not in POSTURES] if place else states


def refers_back_ahead(walk: Walk) -> bool:
    """Whether "on it", "to its left" is ahead."""
    if side := own_side_ahead(walk):
        return walk.peek(side[1] - 1) in POSSESSIVES
    found = walk.text.terms.get(walk.at)
    ends = found[0] if found is not None and found[1].kind == "relation" else None
    return ends is not None and ends < len(walk.text.words) and walk.text.words[ends] in _PRONOUNS


def take_bare_place(walk: Walk) -> str:
    """Take "inside", "on top", where nothing follows that it could be said of; its predicate, or ""."""
    for words, predicate in BARE_PLACES.items():
        after = walk.peek(len(words))
        if walk.ahead(words) and (not after or after in CLAUSE_JOINTS):
            past = len(words) + 1 + (after == "," and walk.peek(len(words) + 1) == "and")
            if relation_ahead(walk, past):  # "behind and above a car"
                return ""
            walk.at += len(words)
            return predicate
    return ""


def read_terms(walk: Walk, verb: Verb) -> list[Term]:
    """Take the relation phrases ahead: one, or several with the same object ("above and to the left of").

    Raises:
        Unread: it is unclear what `verb` denies.
    """
    terms: list[Term] = []
    began, commas = walk.at, False
    joints = ("nor",) if verb.neither else ("or", "nor") if verb.negated else ("and",)
    while (term := walk.take_term("relation")) is not None:
        terms.append(term)
        comma = walk.word == ","
        found = walk.text.terms.get(walk.at + 1 + comma) if walk.peek(comma) in joints else None
        if found is None or found[1].kind != "relation" or own_side_ahead(walk, 1 + comma):
            break
        commas = commas or comma
        walk.at += 1 + comma
    if commas:
        walk.take(",")  # "to the left of, and above, a square"
    both = verb.negated and walk.word == "and"  # "not left of and above a square": one of the two, or both?
    if both or (verb.neither and len(terms) < 2) or (verb.negated and any(term.narrowed for term in terms)):
        raise Unread(f"it is unclear what 'not {walk.since(began)}' denies", began, walk.at)
    return terms


def own_view_ahead(walk: Walk) -> int | None:
    """ "from the dog's perspective": how many words ahead "perspective" stands; None when it is not ahead."""
    if walk.word != "from":
        return None
    if walk.peek(1) in POSSESSIVES:
        return 2 if walk.peek(2) in _OWN_VIEW or walk.peek(2) == "point" else None
    for place in range(2, 2 + _LONGEST_OWNER):
        if walk.peek(place) == "'s":
            return place + 1 if walk.peek(place + 1) in _OWN_VIEW or walk.peek(place + 1) == "point" else None
    return None


def take_view_words(walk: Walk) -> None:
    """Take "perspective" or "point of view"."""
    walk.at += 3 if walk.ahead(("point", "of", "view")) else 1
