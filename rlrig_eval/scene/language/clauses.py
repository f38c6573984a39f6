"""One clause: things, and what is said of them.

Three conventions decide between readings: a relative clause belongs to the thing it follows ("near a square, which is
above a star": the square), as does the same relation said again ("a dog above a cat above a mouse"); "and above ..."
goes on about the subject of its clause; and what ends a list without a verb is said of the whole list ("a cup and a
plate on a table", "a table with a cup and a plate on it": both, as the annotators of DSG-1k have it throughout).
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from rlrig_eval.scene.language.appositions import TAKES_UP, set_apart, taken_up
from rlrig_eval.scene.language.draft import Draft, Frame, Thing
from rlrig_eval.scene.language.frames import read_own_side, read_view, set_frame
from rlrig_eval.scene.language.lexicon import (
    ABSENCE,
    BE,
    CLAUSE_JOINTS,
    DO,
    HAVING,
    PLURAL_VERBS,
    RELATIVES,
    STATES,
    Term,
)
from rlrig_eval.scene.language.lists import is_part, read_list, shared
from rlrig_eval.scene.language.nouns import describes
from rlrig_eval.scene.language.relate import (
    Verb,
    besides_place,
    own_side_ahead,
    place_ahead,
    read_terms,
    read_verb,
    refers_back_ahead,
    relation_ahead,
    take_bare_place,
)
from rlrig_eval.scene.language.things import read_absent, read_things, starts_thing
from rlrig_eval.scene.language.walk import Unread, Walk
from rlrig_eval.scene.relations import VOCABULARY

_DEEPEST = 20  # relative clauses in one another
_MUTUAL = (("each", "other"), ("one", "another"))
_FORMATIONS = ("row", "line")  # "in a row" says how things stand to each other, and names no thing that they are in


@dataclass(frozen=True)
class _Said:
    """A relation phrase with its objects, of which it is about to be said of some subject."""

    predicate: str
    objects: tuple[tuple[Thing, ...], ...]
    frame: Frame = "viewer"
    subject: Thing | None = None  # where it is not said of the clause's own subjects
    passive: bool = False


@dataclass
class Clauses:
    """Reads clause after clause; what the ones before left behind decides who "and above ..." is about."""

    walk: Walk
    draft: Draft
    topic: list[Thing] = field(default_factory=list)  # what the last clause was about
    listed: list[Thing] = field(default_factory=list)  # the list that is being read, of which nothing is said yet
    ends_list: bool = False  # whether "and" stands before the clause, so that its thing is the last of the list
    finite: bool = False  # whether the clause has a verb: "is left of" and not just "left of"
    took_list: bool = False  # whether the clause spoke of the whole list
    nested: bool = False  # whether an object of the clause has a relative clause
    splits_list: bool = False  # whether the clause ends a list and speaks of its last thing only

    def forget(self) -> None:
        """Begin afresh, as after a full stop."""
        self.topic, self.listed = [], []

    def read(self) -> bool | None:
        """Read one clause; whether it states a relation, None when it says that something is absent."""
        walk, draft = self.walk, self.draft
        draft.clause += not self.listed  # the things of one list come in together
        self.nested = self.took_list = self.finite = self.splits_list = False
        first = own = len(draft.relations)
        began, met = walk.at, len(draft.things)
        presents = walk.take_term("there") is not None
        if viewed := read_view(walk, draft):
            walk.take(",")
        if walk.take_any(ABSENCE):
            self._absent()
            return None
        if walk.word in TAKES_UP and (subjects := taken_up(walk, draft, self.listed)):
            self.took_list = subjects == self.listed
            done = self._predicate(subjects, began)
        elif relation_ahead(walk):
            subjects, done, self.ends_list = self._fronted(began), True, False
        else:
            start = walk.at
            subjects = self._entity()
            counted = walk.text.words[start] not in ("a", "an", "another", "the")
            if counted and any(is_part(thing, draft.things[:met], self.ends_list) for thing in subjects):
                raise Unread(f"{walk.since(start)!r} could be of those before", start, walk.at)
            own = len(draft.relations)
            done = own > first
            if not done or walk.word in BE or walk.word in STATES or walk.word in DO:
                done = self._predicate(subjects, began) or done
        while done and self._goes_on(subjects, began):
            pass
        if self.ends_list and self.listed and len(subjects) == 1 and not (self.finite or self.took_list):
            relations = draft.relations
            if found := shared(relations[own:], subjects[-1], self.listed):
                relations[own:own], subjects[:0], self.took_list = found, self.listed, True
        if done and not (presents or self.finite or self.nested) and walk.word in BE:
            self._concluded(subjects, began)
        if walk.word == "without" or (walk.word == "with" and walk.peek(1) in ("no", "any")):
            walk.at += 1 + (walk.word == "with")
            self._absent()
        set_frame(walk, draft, viewed or read_view(walk, draft), first, began)
        self.topic = subjects
        if done:
            said = {name for one in draft.relations[own:] for name in (one.subject, *one.objects)}
            before = {thing.id for thing in self.listed}
            alone = bool(said) and before.isdisjoint(said) and not self.took_list
            self.splits_list = self.ends_list and bool(before) and alone
            self.listed = []
        else:
            self.listed += [thing for thing in subjects if thing not in self.listed]
        return done

    def _absent(self) -> None:
        began = self.walk.at - 1
        read_absent(self.walk, self.draft)
        if not self.walk.done and self.walk.word not in CLAUSE_JOINTS:
            absent = self.draft.absent.pop()
            raise Unread(f"cannot say of no {absent.category!r} where it is", began, self.walk.at)

    def _entity(self, exclude: Collection[Thing] = (), depth: int = 0) -> list[Thing]:
        """Read things with the relative clauses that follow them."""
        walk = self.walk
        things = read_things(walk, self.draft, exclude, states=depth == 0)
        while walk.word in RELATIVES or (walk.word == "," and walk.peek(1) in ("which", "who")):
            began = walk.at
            walk.take(",")
            walk.at += 1
            if depth >= _DEEPEST:
                raise walk.lost(f"at most {_DEEPEST} relative clauses in one another", began)
            self.nested = self.nested or depth > 0
            if not self._predicate(things, began, depth + 1):
                raise walk.lost("a relation", began)
            while depth == 0 and self._goes_on(things, began):
                pass
        return things

    def _predicate(self, subjects: list[Thing], began: int, depth: int = 0) -> bool:
        """Read what is said of the subjects: a relation or a quality; whether there was anything."""
        walk = self.walk
        at = walk.at
        verb = read_verb(walk)
        self.finite = self.finite or (not depth and bool(verb.be))
        ended = self.ends_list or all(subject.count == 1 for subject in subjects)
        if verb.be in PLURAL_VERBS and self.listed and not depth and ended:
            # "a circle and a square are ...", "a circle and two squares are ..."
            subjects[:0] = [thing for thing in self.listed if thing not in subjects]
            self.took_list = True
        if relation_ahead(walk):
            if verb.states:
                self._do(subjects, verb, place_ahead(walk), at)
            self._say(subjects, self._relations(subjects, depth, verb), began, negated=verb.negated)
            return True
        if verb.be and not verb.negated and (describes(walk.word) or verb.states):
            self._quality(subjects, verb)
            return depth > 0
        if verb.states and not verb.negated:
            for thing in subjects:
                thing.describe(verb.states)
            return False
        if verb.said:
            raise walk.lost("a relation")
        return False

    def _do(self, subjects: Sequence[Thing], verb: Verb, place: bool, began: int) -> None:
        """What the subjects are said to be doing, before a relation."""
        if verb.negated and verb.states:
            raise self.walk.lost("a relation", began)
        for thing in subjects:
            thing.describe(besides_place(verb.states, place))

    def _concluded(self, subjects: list[Thing], began: int) -> None:
        """ "the circle below the square is red": the verb is of the subjects, where it agrees with their number."""
        plural = len(subjects) > 1 or subjects[0].count > 1
        if (self.walk.word in PLURAL_VERBS) == plural and self._predicate(subjects, began):
            while self._goes_on(subjects, began):
                pass

    def _quality(self, subjects: Sequence[Thing], verb: Verb) -> None:
        """ "... is red", "... are small and wooden"."""
        words = list(verb.states)
        while describes(self.walk.word) or (self.walk.word in ("and", ",") and describes(self.walk.peek(1))):
            if not describes(self.walk.word):
                self.walk.at += 1
            words.append(self.walk.word)
            self.walk.at += 1
        for thing in subjects:
            thing.describe(words)

    def _goes_on(self, subjects: list[Thing], began: int) -> bool:
        """Read "and above ..." or ", and to the left of ... is a dog", if it is ahead."""
        walk = self.walk
        at = walk.at
        if walk.word == ",":
            walk.at += 1
        if not walk.take_any(("and", "but")):
            walk.at = at
            return False
        if walk.word in RELATIVES:
            walk.at += 1
        verb = read_verb(walk)
        if not relation_ahead(walk):
            walk.at = at
            return False
        if self.nested:
            raise Unread(f"it is unclear what {walk.since(at)!r} and what follows belong to", at, walk.at + 1)
        place = place_ahead(walk)
        said = self._relations(subjects, 0, verb)
        if not verb.said and (new := self._inverted(place)):
            self._say(new, said, began)
            return True
        self._do(subjects, verb, place, at)
        self._say(subjects, said, began, negated=verb.negated)
        return True

    def _fronted(self, began: int) -> list[Thing]:
        """ "to the left of the dog is a cat"; the things that it is about."""
        walk = self.walk
        with_, place = walk.word == "with", place_ahead(walk)
        described = [] if with_ or walk.at > began else set_apart(walk, self.draft, self.listed)
        said = self._relations(described, 0, Verb())
        subjects = self._inverted(place)
        if not subjects and walk.word == "," and starts_thing(walk, 1):
            if described and not any(described[0] in objects for one in said for objects in one.objects):
                raise Unread(f"it is unclear what {walk.since(began)!r} is said of", began, walk.at)
            walk.at += 1
            subjects = self._entity()
        if not subjects and described:  # "a red circle, left of a blue square"
            subjects, self.took_list = described, True
        if not subjects and with_ and self.topic:
            subjects = self.topic
        if not subjects:
            raise Unread(f"it is unclear what {walk.since(began)!r} is said of", began, walk.at)
        self._say(subjects, said, began)
        return subjects

    def _inverted(self, place: bool) -> list[Thing]:
        """The things after "is", "stands" or "there is"; none when no verb is ahead."""
        walk = self.walk
        at = walk.at
        walk.take(",")
        if walk.take_term("there"):
            return self._entity()
        verb = read_verb(walk)
        if not verb.said or walk.at == at or verb.negated or relation_ahead(walk):
            walk.at = at
            return []
        things = self._entity()
        for thing in things:
            thing.describe(besides_place(verb.states, place))
        while walk.word == "and" and starts_thing(walk, 1):  # "on the table are a cup and a bowl"
            walk.at += 1
            things += self._entity()
        return things

    def _relations(self, subjects: Sequence[Thing], depth: int, verb: Verb) -> list[_Said]:
        """Read relation phrases and their objects."""
        walk, began = self.walk, self.walk.at
        try:
            if own_side_ahead(walk):
                side, owners = read_own_side(walk, self.draft, subjects)
                return [_Said(side, tuple((owner,) for owner in owners), "object")]
            terms = read_terms(walk, verb)
            if walk.text.words[walk.at : walk.at + 2] in _MUTUAL:
                return [self._mutual(terms[0].predicate, subjects)]
            kind = VOCABULARY.get(terms[0].predicate)
            objects = self._objects(kind.places if kind else 2, subjects, depth)
            if terms[0].predicate == "inside" and any(
                one.category in _FORMATIONS for group in objects for one in group
            ):
                raise Unread(f"{walk.since(began)!r} is a formation and not a place", began, walk.at)
            if terms[0].predicate in HAVING and self._had(subjects, objects, depth, began):
                if verb.negated:
                    raise Unread(f"it is unclear what 'not {walk.since(began)}' denies", began, walk.at)
                return []
            if not depth and walk.at in walk.text.terms and len(terms) == 1 and not verb.negated:
                self._chain(terms[0], objects, began)
            return [_Said(term.predicate, objects, passive=term.passive) for term in terms]
        except Unread as lost:
            lost.began = min(lost.began, began)
            raise

    def _chain(self, term: Term, objects: Sequence[tuple[Thing, ...]], began: int) -> None:
        """ "a dog above a cat above a mouse": the cat is above the mouse."""
        kind = VOCABULARY.get(term.predicate)
        if kind is None or term.passive or not (kind.transitive or kind.name == "on"):
            return
        while self.walk.term("relation") == term and not refers_back_ahead(self.walk):
            self.walk.take_term("relation")
            above, objects = objects, self._objects(kind.places, objects[0], 0)
            if len(above) != 1 or len(objects) != 1:
                raise Unread(f"it is unclear what {self.walk.since(began)!r} is said of", began, self.walk.at)
            self._say(above[0], [_Said(term.predicate, tuple(objects))], began)
            self.nested = True

    def _had(self, subjects: Sequence[Thing], objects: Iterable[tuple[Thing, ...]], depth: int, began: int) -> bool:
        """Read where what a thing has is to that thing; whether that is said.

        "a dog with a cat to its left and a bird above it", "a table with a cup and a plate on it", "a bowl with an
        apple inside".
        """
        walk, draft = self.walk, self.draft
        had = [thing for group in objects for thing in group]
        met: list[Thing] = []  # "it" is none of these
        placed = False
        while True:
            at, count, known = walk.at, len(draft.things), len(walk.problems)
            joint = ""
            with suppress(Unread):
                joint = read_list(walk, draft, had)
            met += [thing for thing in had if thing not in met]
            inside = take_bare_place(walk) if len(subjects) == 1 and subjects[0].count == 1 else ""
            relative = not inside and bool(walk.take_any(RELATIVES))
            verb = Verb() if inside else read_verb(walk)
            if not had or not (inside or refers_back_ahead(walk)):
                walk.at = at
                del draft.things[count:], walk.problems[known:]
                return placed
            if joint == "," or (relative and len(had) > 1 and verb.be not in PLURAL_VERBS):
                raise Unread(f"it is unclear whether all of {walk.since(began)!r} is meant", began, walk.at)
            if inside:
                said = [_Said(inside, ((subjects[0],),))]
            else:
                self._do(had, verb, place_ahead(walk), at)
                said = self._relations(met, depth, verb)
            self._say(had, said, began, negated=verb.negated)
            placed, had = True, []

    def _objects(self, places: int, subjects: Sequence[Thing], depth: int) -> tuple[tuple[Thing, ...], ...]:
        """The objects of a relation: each a thing, or a pair for between."""
        walk = self.walk
        both = walk.take("both")
        first = self._entity(subjects, depth + 1)
        if walk.word == "'s":  # "on a woman's head": not on the woman
            raise walk.lost("no possessor")
        if places == 3:
            if len(first) == 2:
                return ((first[0], first[1]),)
            second = self._entity(subjects, depth + 1) if walk.take("and") else first
            if len(first) != 1 or len(second) != 1:
                raise walk.lost("two things to be between")
            return ((first[0], second[0]),)
        if both and walk.take("and"):
            first = [*first, *self._entity(subjects, depth + 1)]
        return tuple((thing,) for thing in first)

    def _mutual(self, predicate: str, subjects: Sequence[Thing]) -> _Said:
        """ "... next to each other": of two things."""
        walk = self.walk
        kind = VOCABULARY.get(predicate)
        pair = list(subjects) if len(subjects) == 2 else [*self.listed, *subjects]
        if len(pair) != 2 or kind is None or not kind.symmetric:
            raise walk.lost("two things, each of which is so to the other")
        walk.at += 2
        self.took_list = True
        return _Said(predicate, ((pair[1],),), subject=pair[0])

    def _say(self, subjects: Sequence[Thing], said: Iterable[_Said], began: int, *, negated: bool = False) -> None:
        for one in said:
            for subject in [one.subject] if one.subject else subjects:
                for objects in one.objects:
                    try:
                        if one.passive:
                            self.draft.relate(objects[0], one.predicate, [subject], negated, one.frame)
                        else:
                            self.draft.relate(subject, one.predicate, objects, negated, one.frame)
                    except ValueError:
                        words = self.walk.since(began)
                        raise Unread(f"{words!r} needs other things than it names", began, self.walk.at) from None
