"""A walk over the words of a text, and the words that it could not read."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rlrig_eval.scene.language.lexicon import Term


@dataclass(frozen=True)
class Words:
    """A text in words: lower-case, without white space; punctuation marks are words of their own.

    `terms` maps the number of a term's first word to the number past its last word and the term. Terms do not overlap.
    """

    words: tuple[str, ...]
    terms: Mapping[int, tuple[int, Term]]


class Unread(Exception):
    """Words `began` up to `end` cannot be read."""

    def __init__(self, why: str, began: int, end: int) -> None:
        super().__init__(why)
        self.why, self.began, self.end = why, began, end


@dataclass
class Walk:
    """Where the reading stands, and what it met that it could not read."""

    text: Words
    at: int = 0
    problems: list[Unread] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return self.at >= len(self.text.words)

    @property
    def word(self) -> str:
        """The word ahead; "" at the end."""
        words = self.text.words
        return words[self.at] if self.at < len(words) else ""

    def peek(self, ahead: int) -> str:
        words, place = self.text.words, self.at + ahead
        return words[place] if place < len(words) else ""

    def ahead(self, phrase: Sequence[str]) -> bool:
        return self.text.words[self.at : self.at + len(phrase)] == tuple(phrase)

    def take(self, word: str) -> bool:
        found = self.word == word
        self.at += found
        return found

    def take_any(self, words: Collection[str]) -> str:
        """The word ahead, taken, if it is one of `words`; else ""."""
        word = self.word
        if word and word in words:
            self.at += 1
            return word
        return ""

    def term(self, *kinds: str) -> Term | None:
        """The known phrase ahead, if it is of one of the kinds; it is not taken."""
        found = self.text.terms.get(self.at)
        return found[1] if found is not None and found[1].kind in kinds else None

    def take_term(self, *kinds: str) -> Term | None:
        term = self.term(*kinds)
        if term is not None:
            self.at = self.text.terms[self.at][0]
        return term

    def since(self, began: int) -> str:
        return " ".join(self.text.words[began : self.at])

    def lost(self, expected: str, began: int | None = None) -> Unread:
        """The error that from `began` on (here, when None) the text is not what was expected."""
        began = self.at if began is None else began
        rest = " ".join(self.text.words[began:])
        why = f"cannot read {rest!r}: expected {expected}" if rest else f"expected {expected} at the end"
        return Unread(why, began, max(self.at, min(began + 1, len(self.text.words))))

    def unread(self) -> Iterator[tuple[int, int, str]]:
        """The problems as (first word, past the last word, why), those that meet joined, in the order of the text."""
        merged: list[tuple[int, int, str]] = []
        for problem in sorted(self.problems, key=lambda problem: problem.began):
            if merged and problem.began < merged[-1][1]:
                began, end, why = merged[-1]
                merged[-1] = (began, max(end, problem.end), why)
            else:
                merged.append((problem.began, problem.end, problem.why))
        return iter(merged)
