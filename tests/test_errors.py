"""A user's mistake ends in one line and a known exit code."""

from __future__ import annotations

import pytest

from rlrig_eval import errors
from rlrig_eval.errors import Exit, UnreadableFile, UsageError


@pytest.mark.parametrize(
    ("error", "code"),
    [("RunError", 1), ("UsageError", 2), ("UnreadableFile", 2), ("GateFailed", 3), ("NotComparable", 4)],
)
def test_each_error_carries_its_promised_exit_code(error: str, code: int) -> None:
    kind = getattr(errors, error)
    assert kind.exit_code == code
    assert issubclass(kind, errors.RLRIGError)


def test_ctrl_c_leaves_as_shells_expect() -> None:
    assert Exit.INTERRUPTED == 128 + 2  # SIGINT


def test_a_usage_error_is_a_value_error_for_python_callers() -> None:
    with pytest.raises(ValueError, match="unknown model 'flux-shape': did you mean 'flux-shapes'"):
        raise UsageError.unknown("model", "flux-shape", ["rlrig", "flux-shapes"])


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"line": 3, "field": "graph.relations.0"}, "a.jsonl:3: graph.relations.0: bad"),
        ({"line": 3}, "a.jsonl:3: bad"),
        ({"field": "seeds"}, "a.jsonl: seeds: bad"),
        ({}, "a.jsonl: bad"),
    ],
)
def test_an_unreadable_file_says_where_as_closely_as_is_known(where: dict, message: str) -> None:
    assert str(UnreadableFile("bad", path="a.jsonl", **where)) == message
