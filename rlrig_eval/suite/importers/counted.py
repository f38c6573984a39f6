"""What a prompt of T2I-CompBench++'s numeracy counts, by the words of `UniDet_eval/numeracy_eval.py`: no grammar."""

import re
from collections.abc import Mapping
from pathlib import Path

from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.scene.parse import read
from rlrig_eval.scene.phrases import NUMBERS
from rlrig_eval.suite.importers.benchmark import Record, checked
from rlrig_eval.suite.importers.graphs import PARTIAL, UNPARSED
from rlrig_eval.suite.importers.records import lines

OBJECTS = "new_objects.txt"
"""The published list of things, a line "knife - knives" each, beside the prompts."""
_ARTICLES = ("a", "an")
_COUNTS = dict.fromkeys(_ARTICLES, 1) | {word: number for number, word in enumerate(NUMBERS[:9]) if number}
_JOINS = ("", ",", "and")
"""What stands before a thing of an enumeration; at its beginning nothing."""
_LONGEST = 2  # words of a thing


class Names(Record):
    """A line of `OBJECTS`."""

    text: str


def listed(file: Path) -> dict[str, str]:
    """Singular and plural of every thing in an `OBJECTS` file -> its singular. Raises UnreadableFile."""
    found: dict[str, str] = {}
    for row in checked((raw._replace(data={"text": raw.data}) for raw in lines(file)), Names):
        singular, dash, plural = (part.strip().lower() for part in row.record.text.partition(" - "))
        if not (singular and dash and plural):
            row.wrong("text", f"{row.record.text!r} is no 'singular - plural'")
        found |= {singular: singular, plural: singular}
    return found


def counted(text: str, objects: Mapping[str, str] | None) -> tuple[SceneGraph, tuple[str, ...]]:
    """The things that a text counts, without relations, and the tag that goes with that.

    As published each is a number up to eight, or a, an or one, that a listed thing follows. Without the list
    (`objects` is None) it is any word after a number, and after an article where an enumeration goes on.

    >>> graph, tags = counted("a lamp, two knives, and one stool were in the park", None)
    >>> [(thing.category, thing.count) for thing in graph.entities], tags
    ([('lamp', 1), ('knife', 2), ('stool', 1)], ('partial',))
    """
    words = re.findall(r"\w+|[^\w\s]", text.lower())
    entities, rest, at = list[Entity](), 0, 0
    while at < len(words):
        thing, length = _thing(words, at, objects)
        if thing:
            entities.append(Entity(id=f"e{len(entities)}", category=thing, count=_COUNTS[words[at]]))
        elif words[at] not in _JOINS and words[at].isalnum():
            rest += 1
        at += 1 + length
    if not entities:
        return SceneGraph(), (UNPARSED,)
    return SceneGraph(entities=tuple(entities)), (PARTIAL,) if rest else ()


def _thing(words: list[str], at: int, objects: Mapping[str, str] | None) -> tuple[str, int]:
    """What is counted by the word at a place, in the singular, and how many words it has; none: ("", 0)."""
    if words[at] not in _COUNTS:
        return "", 0
    if objects is None:
        enumerated = words[at] not in _ARTICLES or (words[at - 1] if at else "") in _JOINS
        named = enumerated and words[at + 1 :] and words[at + 1].isalnum()
        return (_singular(words[at], words[at + 1]), 1) if named else ("", 0)
    for length in range(_LONGEST, 0, -1):
        if (name := objects.get(" ".join(words[at + 1 : at + 1 + length]))) is not None:
            return name, length
    return "", 0


def _singular(number: str, word: str) -> str:
    """As the grammar of prompts has it, which knows men and mice."""
    return next((thing.category for thing in read(f"{number} {word}").graph.entities), word)
