"""Noun phrases and pronouns: which things they bring in, or point back at."""

from collections.abc import Collection, Sequence

from rlrig_eval.scene.language.draft import Draft, Thing
from rlrig_eval.scene.language.lexicon import (
    ABSENCE,
    ADVERBS,
    NEUTRAL,
    NO_NOUNS,
    NOUN_ENDS,
    PLURAL_PRONOUNS,
    REGIONS,
    SINGULAR_PRONOUNS,
    STATES,
)
from rlrig_eval.scene.language.nouns import (
    AMOUNTS,
    COUNTS,
    EXACTLY,
    PAIR,
    VAGUE,
    WORN_IN_PAIRS,
    ambiguous,
    category_of,
    describes,
    head_length,
    is_noun,
    is_plural,
    names_things,
)
from rlrig_eval.scene.language.relate import besides_place, place_ahead
from rlrig_eval.scene.language.walk import Unread, Walk
from rlrig_eval.scene.requirements import Reference

_BEFORE_RELATIONS = ADVERBS.union(EXACTLY)
_STOPS = NOUN_ENDS | NO_NOUNS | COUNTS.keys()
_AMOUNT_STARTS = {words[:2] for words in AMOUNTS}
_AMOUNT_LENGTHS = sorted({len(words) for words in AMOUNTS}, reverse=True)
_MOST_DIGITS = 3


def starts_thing(walk: Walk, ahead: int = 0) -> bool:
    """Whether the word `ahead` words from here can only begin a noun phrase."""
    word = walk.peek(ahead)
    return word == "the" or word in COUNTS or word in VAGUE or word in ABSENCE or word in EXACTLY or word.isdecimal()


def read_things(walk: Walk, draft: Draft, exclude: Collection[Thing] = (), states: bool = False) -> list[Thing]:
    """Read a noun phrase or a pronoun, and give the things it means: several for "them" and "the two dogs".

    "a" brings in a new thing; "the" points back at the one that fits, or brings one in when there is none. A noun
    without either points back at one of an earlier sentence. `states` says whether "sitting" after the noun is of the
    thing: after an object it could be of the subject.

    Raises:
        Unread: no noun phrase is ahead, or it is unclear what it points back at.
    """
    word = walk.word
    if word in SINGULAR_PRONOUNS or word in PLURAL_PRONOUNS:
        found = antecedents(walk, draft, word in PLURAL_PRONOUNS, exclude)
        walk.at += 1
        return found
    return _noun_phrase(walk, draft, states)


def antecedents(walk: Walk, draft: Draft, plural: bool, exclude: Collection[Thing]) -> list[Thing]:
    """The things that the pronoun ahead means: the only ones that it can mean.

    Raises:
        Unread: there are none, or more than one choice.
    """
    things = [thing for thing in draft.things if thing not in exclude]
    if not plural:
        found = [thing for thing in things if thing.count == 1]
        if len(found) > 1:
            raise Unread(f"{walk.word!r} could mean {len(found)} things", walk.at, walk.at + 1)
    else:
        found = [thing for thing in things if thing.count > 1]
        singles = [thing for thing in things if thing.count == 1]
        together = len({(thing.sentence, thing.clause) for thing in singles}) == 1
        if not found and len(singles) > 1 and together:
            return singles
        if len(found) > 1 or (found and singles and len(singles) > 1) or (not found and len(singles) > 1):
            raise Unread(f"{walk.word!r} could mean several things", walk.at, walk.at + 1)
    if not found:
        raise walk.lost("a thing")
    return found


def read_absent(walk: Walk, draft: Draft) -> None:
    """Read what is not there, after "no" or "without".

    Raises:
        Unread: no noun phrase is ahead, or one with words that are not known.
    """
    began = walk.at - 1
    walk.take_any(("a", "an", "any"))
    words = [walk.text.words[place] for place in _described(walk)]
    if not words or not is_noun(words[-1]):
        raise walk.lost("a thing", began)
    noun = words[-head_length(words) :]
    attributes = words[: -len(noun)]
    if not all(describes(word) for word in attributes):
        raise _unknown_words(walk, began, began, walk.at)
    category = category_of(noun) if is_plural(noun) else None
    draft.absent.append(Reference(category=category or " ".join(noun), attributes=tuple(attributes)))


def _noun_phrase(walk: Walk, draft: Draft, with_states: bool) -> list[Thing]:
    began = walk.at
    definite = walk.take("the")
    count = _amount(walk)
    vague = count is None and bool(walk.take_any(VAGUE))
    bare = walk.at == began
    places = _described(walk, bare)
    words = [walk.text.words[place] for place in places]
    states = _trailing_states(words)
    words = words[: len(words) - len(states)]
    if states and not with_states:
        walk.at, states = places[len(words)], []
    elif states:
        states = besides_place(states, place_ahead(walk))
    if not words or not is_noun(words[-1]) or words[-1] in STATES or (bare and words[-1] in _BEFORE_RELATIONS):
        raise walk.lost("a thing", began)  # "sitting above a cat", "far above a cat": what is above is not said
    words = _without_unknown(walk, words, places, began, count == 1)
    noun = words[-head_length(words) :]
    attributes = [word for word in words[: -len(noun)] if describes(word)]
    if (definite or bare) and noun[-1] in REGIONS:
        raise Unread(f"{walk.since(began)!r} is a place in the picture and not a thing", began, walk.at)
    if (definite or (bare and draft.sentence)) and (
        known := _meant(walk, draft, noun, attributes, count, began, definite)
    ):
        for thing in known:
            thing.describe(states)
        return known
    category, count = _numbered(walk, noun, count, vague, began)
    return [draft.add(category, [*attributes, *states], count)]


def _numbered(walk: Walk, noun: Sequence[str], count: int | None, vague: bool, began: int) -> tuple[str, int]:
    """The category in the singular, and how many; what is amiss with either is a problem of the walk."""
    if count is None and (vague or is_plural(noun)):
        walk.problems.append(Unread(f"{walk.since(began)!r} does not say how many", began, walk.at))
        count = 2
    if count is None or count == 1:
        return " ".join(noun), 1
    singular = category_of(noun)
    if singular is None:
        why = f"{walk.since(began)!r} counts {count} but {noun[-1]!r} is no plural"
        walk.problems.append(Unread(why, began, walk.at))
    return singular or " ".join(noun), count


def _amount(walk: Walk) -> int | None:
    if walk.text.words[walk.at : walk.at + 2] in _AMOUNT_STARTS:
        for length in _AMOUNT_LENGTHS:
            words = walk.text.words[walk.at : walk.at + length]
            if words in AMOUNTS:
                walk.at += len(words)
                one = words == PAIR and walk.peek(0) in WORN_IN_PAIRS
                return 1 if one else AMOUNTS[words]
    word = walk.word
    count_ = int(word) if word.isdecimal() and len(word) <= _MOST_DIGITS else COUNTS.get(word)
    if count_ is not None:
        walk.at += 1
    if count_ == 0:
        raise Unread(f"{word!r} is no number of things that are there", walk.at - 1, walk.at)
    return count_


def _described(walk: Walk, bare: bool = False) -> list[int]:
    """The places of the attributes and the noun: all words up to a joint, a known phrase, punctuation or the end."""
    found: list[int] = []
    while not walk.done:
        word = walk.word
        if found and word in ("and", ",") and _more_attributes(walk, walk.text.words[found[-1]], bare):
            walk.at += 1 + (word == "," and walk.peek(1) == "and")
            continue
        if word in _STOPS or not (word[0].isalnum() or word[0] == "_") or walk.term("relation", "viewer"):
            break
        if word in STATES and STATES[word] != word and found:  # "a dog sits": the verb of the clause
            break
        ahead = walk.text.terms.get(walk.at + 1)
        if word in NEUTRAL and found and ahead is not None and ahead[1].kind == "relation":  # "a cup placed on a table"
            break
        found.append(walk.at)
        walk.at += 1
    return found


def _more_attributes(walk: Walk, last: str, bare: bool) -> bool:
    """Whether the "and" or comma ahead joins attributes, as in "a red and white dog", and not things."""
    if not describes(last) or (bare and ambiguous(last)):
        return False
    ahead = 2 if walk.word == "," and walk.peek(1) == "and" else 1
    if not describes(walk.peek(ahead)):
        return False
    while describes(walk.peek(ahead)):
        ahead += 1
    word = walk.peek(ahead)
    return word in ("and", ",") or (word.isalpha() and word not in _STOPS and (walk.at + ahead) not in walk.text.terms)


def _trailing_states(words: Sequence[str]) -> list[str]:
    """What the thing does, said after its noun ("a cat sitting"): the words at the end that say so."""
    cut = len(words)
    while cut > 1 and words[cut - 1] in STATES:
        cut -= 1
    return [STATES[word] for word in words[cut:]]


def _without_unknown(walk: Walk, words: list[str], places: Sequence[int], began: int, one: bool) -> list[str]:
    """The words without those that are neither noun nor known attribute, which become a problem of the walk."""
    # In "a dog chasing", "a dog chases" what does not fit is the verb, and the noun stands before it.
    verb = len(words) > 1 and head_length(words) == 1 and is_noun(words[-2]) and not describes(words[-2])
    verb = verb and (words[-1] in ADVERBS or words[-1].endswith(("ing", "ed")) or (one and is_plural(words[-1:])))
    kept = words[:-1] if verb else words
    noun = head_length(kept)
    unknown = [place for place, word in zip(places, kept[:-noun], strict=False) if not describes(word)]
    if verb:
        unknown.append(places[len(words) - 1])
    if unknown:
        walk.problems.append(_unknown_words(walk, began, unknown[0], unknown[-1] + 1))
    return kept


def _unknown_words(walk: Walk, phrase: int, began: int, end: int) -> Unread:
    why = f"cannot read {walk.since(phrase)!r}: only colours, sizes and materials before a noun"
    return Unread(why, began, end)


def _meant(
    walk: Walk,
    draft: Draft,
    noun: Sequence[str],
    attributes: Sequence[str],
    count: int | None,
    began: int,
    definite: bool,
) -> list[Thing]:
    """What met before the phrase fits; empty when nothing does.

    Raises:
        Unread: it could mean several things.
    """
    fitting = [
        thing
        for thing in draft.things
        if (count or thing.count) == thing.count
        and (" ".join(noun) == thing.category if thing.count == 1 else names_things(thing.category, noun))
        and set(attributes) <= set(thing.attributes)
        and (definite or thing.sentence < draft.sentence)
    ]
    if not fitting and count is not None and count > 1:  # "the two dogs", met one by one
        singles = [thing for thing in draft.things if thing.count == 1 and names_things(thing.category, noun)]
        fitting = [thing for thing in singles if set(attributes) <= set(thing.attributes)]
        return fitting if len(fitting) == count else []
    if len(fitting) > 1:
        raise Unread(f"{walk.since(began)!r} could mean {len(fitting)} things", began, walk.at)
    return fitting
