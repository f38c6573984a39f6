"""The linear form of LAION-SG: "ATTRIBUTES LABEL RELATION ATTRIBUTES LABEL; ...", without articles.

Source: mengcye/LAION-SG (arXiv 2412.08580), `sgEncoderTraining/datasets/laion_dataset.py`: a node is written as its
attributes and then its label, and nodes of the same words are one.
"""

from collections.abc import Iterator, Sequence

from rlrig_eval.scene.language.draft import Draft, Thing
from rlrig_eval.scene.language.lexicon import NOT
from rlrig_eval.scene.language.nouns import head_length
from rlrig_eval.scene.language.things import starts_thing
from rlrig_eval.scene.language.walk import Unread, Walk

# Verbs of scene graphs in their base form, for what the lexicon does not hold.
_VERBS = frozenset(
    "adorn attach balance bear belong carry catch chase climb contain cover cross decorate depict display drink drive "
    "eat enter face feed fill flow fly follow form frame grip grow hang hit hold hug illuminate kiss lay lead lean lie "
    "lift light look mount occupy paint park perch play point pull push reach read reflect rest ride rise rub run sail "
    "serve show sit sleep smell smoke span spread stand stretch support surround swim swing throw top touch use walk "
    "watch wear wrap write".split()
)
_PREPOSITIONS = frozenset("to from into through onto toward towards for off out up down of as".split())


def is_triples(walk: Walk) -> bool:
    """Whether the text is in this form: parts set apart by ";", of which none begins like an English noun phrase.

    One triple alone is an English clause too, and is read as one.
    """
    if ";" not in walk.text.words:
        return False
    starts = [0, *(place + 1 for place, word in enumerate(walk.text.words) if word == ";")]
    return not any(starts_thing(Walk(walk.text, place)) or walk.text.terms.get(place) for place in starts) and not any(
        word in (".", ",") for word in walk.text.words[:-1]
    )


def read_triples(walk: Walk, draft: Draft) -> None:
    """Read all parts into `draft`; what cannot be read becomes a problem of `walk`.

    A label is one word or a known name, and every word before it is an attribute: the form itself does not tell.
    """
    nodes: dict[tuple[str, ...], Thing] = {}
    for began, end in _parts(walk.text.words):
        try:
            _triple(walk, draft, nodes, began, end)
        except Unread as lost:
            walk.problems.append(lost)


def _parts(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    ends = [place for place, word in enumerate(words) if word == ";"]
    for began, end in zip([0, *(place + 1 for place in ends)], [*ends, len(words)], strict=True):
        end -= end > began and words[end - 1] == "."
        if end > began:
            yield began, end


def _triple(walk: Walk, draft: Draft, nodes: dict[tuple[str, ...], Thing], began: int, end: int) -> None:
    words = walk.text.words
    runs = list(_relations(walk, began, end))
    if len(runs) != 1:
        what = "a relation between two things" if not runs else "one relation and no more"
        raise Unread(f"cannot read {' '.join(words[began:end])!r}: expected {what}", began, end)
    ((start, stop),) = runs
    negated = words[start - 1] in NOT  # "red circle not left of blue square"
    ends = ((began, start - negated), (stop, end))
    if start - negated == began or any(word in NOT for a, b in ends for word in words[a:b]):
        raise Unread(f"it is unclear what {' '.join(words[began:end])!r} denies", began, end)
    for a, b in ends:
        # The form has no articles and no numbers, so that they would be read as attributes.
        if starts_thing(Walk(walk.text, a)):
            walk.problems.append(Unread(f"cannot read {' '.join(words[a:b])!r} beside ';'", a, b))
    subject, object_ = (_node(draft, nodes, words[a:b]) for a, b in ends)
    term = walk.text.terms.get(start)
    known = term[1] if term is not None and term[0] == stop else None
    if negated and known and known.narrowed:
        raise Unread(f"it is unclear what {' '.join(words[began:end])!r} denies", began, end)
    predicate = known.predicate if known else " ".join(words[start:stop])
    if known and known.passive:
        subject, object_ = object_, subject
    try:
        draft.relate(subject, predicate, [object_], negated)
    except ValueError:
        why = f"{' '.join(words[began:end])!r} needs other things than it names"
        raise Unread(why, began, end) from None


def _node(draft: Draft, nodes: dict[tuple[str, ...], Thing], words: Sequence[str]) -> Thing:
    key = tuple(words)
    if key not in nodes:
        head = len(words) - head_length(words)
        nodes[key] = draft.add(" ".join(words[head:]), words[:head], 1)
    return nodes[key]


def _relations(walk: Walk, began: int, end: int) -> Iterator[tuple[int, int]]:
    """The runs of words, with words on both sides, that can be a relation."""
    at = began + 1
    while at < end - 1:
        stop, anchored = at, False
        while stop < end - 1:
            term = walk.text.terms.get(stop)
            if term is not None and term[1].kind == "relation" and term[0] < end:
                stop, anchored = term[0], True
            elif _is_verb(words := walk.text.words[stop]):
                stop, anchored = stop + 1, True
            elif words in _PREPOSITIONS and stop > at:
                stop += 1
            elif words.endswith(("ing", "ed")) and (
                walk.text.words[stop + 1] in _PREPOSITIONS or (stop + 1) in walk.text.terms
            ):
                stop, anchored = stop + 1, True
            else:
                break
        if anchored and stop < end:
            yield at, stop
        at = max(stop, at + 1)


def _is_verb(word: str) -> bool:
    return word in _VERBS or (word.endswith("s") and word[:-1] in _VERBS)
