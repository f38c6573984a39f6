"""What share of a prompt's requirements a picture satisfies, and whether it is wholly right."""

from __future__ import annotations

from collections.abc import Mapping


def requirements_share(verdicts: Mapping[str, bool]) -> float:
    """Satisfied requirements over all, in [0, 1]; 1 when nothing is asked.

    `verdicts` is what `scene.check` answers (requirement id to satisfied, children of failed parents False).

    >>> requirements_share({"exists:a": True, "count:a": False, "exists:b": True, "relation:0": True})
    0.75
    """
    return sum(verdicts.values()) / len(verdicts) if verdicts else 1.0


def all_correct(verdicts: Mapping[str, bool]) -> bool:
    """Whether every requirement is satisfied.

    >>> all_correct({"exists:a": True, "count:a": False})
    False
    """
    return all(verdicts.values())


def pair_accuracy(correct: Mapping[tuple[str, int], bool], twins: Mapping[str, str]) -> dict[str, float]:
    """Per prompt that has a twin: the share of seeds on which both the prompt and its twin are right.

    A model that always draws "left" gets half of the prompts right and no pair.

    Args:
        correct: (prompt id, seed) to all-correct; failed samples are simply not there.
        twins: prompt id to its twin's id. A prompt is left out when no seed has both.

    >>> correct = {("a", 0): True, ("b", 0): True, ("a", 1): True, ("b", 1): False, ("a", 2): True}
    >>> pair_accuracy(correct, {"a": "b", "b": "a"})
    {'a': 0.5, 'b': 0.5}
    """
    both: dict[str, list[bool]] = {}
    for (prompt, seed), right in correct.items():
        twin = twins.get(prompt)
        if twin is not None and (twin, seed) in correct:
            both.setdefault(prompt, []).append(right and correct[twin, seed])
    return {prompt: sum(seeds) / len(seeds) for prompt, seeds in both.items()}
