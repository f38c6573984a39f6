"""Whether two names of a thing mean the same: a small table of our own for COCO's and Visual Genome's names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files

import yaml

from rlrig_eval.scene.graph import Frozen
from rlrig_eval.scene.language.nouns import COCO as _COCO
from rlrig_eval.scene.language.nouns import category_of


class Table(Frozen):
    """`same`: sets of words for one thing. `kinds`: a word, and words for kinds of it."""

    same: tuple[tuple[str, ...], ...]
    kinds: dict[str, tuple[str, ...]]


@cache
def table() -> Table:
    """The table as it lies beside this module."""
    text = files("rlrig_eval.extract").joinpath("synonyms.yaml").read_text("utf-8")
    return Table.model_validate(yaml.safe_load(text))


COCO: tuple[str, ...] = tuple(_COCO.split(", "))


@lru_cache(maxsize=4096)
def names(word: str) -> frozenset[str]:
    """Every word for the same thing, `word` itself and its singular among them.

    >>> sorted(names("televisions"))
    ['television', 'television set', 'televisions', 'tv', 'tv monitor', 'tv set']
    """
    plain = " ".join(word.casefold().replace("_", " ").replace("-", " ").split())
    own = {plain, category_of(plain.split()) or plain} if plain else set()
    return frozenset(own.union(*(words for words in table().same if own & set(words))))


def covers(asked: str, seen: str) -> bool:
    """Whether what is called `seen` is a thing that `asked` names: a man is a person, a person need be no man.

    >>> covers("couch", "sofas"), covers("person", "man"), covers("man", "person"), covers("cup", "vase")
    (True, True, False, False)
    """
    mine, theirs = names(asked), names(seen)
    if mine & theirs:
        return True
    return any(theirs & set().union(*map(names, table().kinds.get(word, ()))) for word in mine)


def related(one: str, other: str) -> bool:
    """Whether either is the other or a kind of it, so that both could be said of one thing."""
    return covers(one, other) or covers(other, one)


def word_for(seen: str, words: Iterable[str]) -> str:
    """The one of `words` that means what is called `seen`; `seen` itself, tidied, when none does.

    The same word comes before a synonym, and a synonym before the word for a kind of things.

    >>> word_for("Sofas", ["couch", "person"]), word_for("woman", ["person", "man"]), word_for("zebra", ["cat"])
    ('couch', 'person', 'zebra')
    """
    given, own = tuple(words), names(seen)
    tidy = " ".join(seen.casefold().split())
    same = [word for word in given if word == seen] or [word for word in given if word.casefold() == tidy]
    same = same or [word for word in given if names(word) & own] or [word for word in given if covers(word, seen)]
    return same[0] if same else category_of(tidy.split() or [tidy]) or tidy
