"""How many facts of two graphs look the same when some instances are known by their kind alone."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rlrig_eval.scene.facts import Fact


class Alike:
    """How many facts of two sides can be paired off when instances are known by their tokens alone.

    It is kept up to date as instances get other tokens, from 0 up, so that a change costs what the facts of one
    instance cost, and not those of both graphs.
    """

    def __init__(self, a: Sequence[Fact], b: Sequence[Fact], tokens: tuple[dict[str, int], dict[str, int]]) -> None:
        """`tokens` of either side by instance; `call` writes them."""
        self._tokens = tokens
        most = max((*tokens[0].values(), *tokens[1].values()), default=0)
        # A fact is spelt as a number, each place adding its token's code times a weight of its own. Loose places have
        # one weight: the sum of two codes holds that of the tokens and that of their squares, so it tells the pair.
        self._codes = [token * (2 * most**2 + 1) + token**2 for token in range(most + 1)]
        # No fact has more than an ordered place and, after it, a second one or two loose ones, of weight 1.
        first = 2 * self._codes[-1] + 1
        forms: dict[Hashable, int] = {}
        self._keys: tuple[list[int], list[int]] = ([], [])
        self._counts: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._places: tuple[dict[str, list[tuple[int, int]]], dict[str, list[tuple[int, int]]]] = (
            {name: [] for name in tokens[0]},
            {name: [] for name in tokens[1]},
        )
        for side, facts_ in enumerate((a, b)):
            codes = {name: self._codes[token] for name, token in tokens[side].items()}
            keys, counts, places = self._keys[side], self._counts[side], self._places[side]
            for number, (label, ordered, loose) in enumerate(facts_):
                key = forms.setdefault((label, len(ordered), len(loose)), len(forms)) * first**2
                weight = first
                for name in ordered:
                    key += codes[name] * weight
                    places[name].append((number, weight))
                    weight = 1
                for name in loose:
                    key += codes[name]
                    places[name].append((number, 1))
                keys.append(key)
                counts[key] = counts.get(key, 0) + 1
        ours, theirs = self._counts
        self.shared = sum(min(count, theirs.get(key, 0)) for key, count in ours.items())

    def call(self, side: int, name: str, token: int) -> None:
        """Give the instance of a side (0 is a, 1 is b) another token, no greater than any that there was."""
        names = self._tokens[side]
        change = self._codes[token] - self._codes[names[name]]
        names[name] = token
        keys, counts, others = self._keys[side], self._counts[side], self._counts[1 - side]
        shared = self.shared
        for number, weight in self._places[side][name]:
            key = keys[number]
            count = counts[key]
            counts[key] = count - 1
            if count <= others.get(key, 0):
                shared -= 1
            key += weight * change
            keys[number] = key
            count = counts.get(key, 0)
            counts[key] = count + 1
            if count < others.get(key, 0):
                shared += 1
        self.shared = shared
