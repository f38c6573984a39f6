"""Chance levels: three ways to answer without doing what a prompt says, on a small suite whose chance is plain."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlrig_eval.errors import UsageError
from rlrig_eval.runs.blind import Row, as_markdown, main, rows
from tests.runs import tiny

SUITE = tiny.suite()


@pytest.fixture(scope="module")
def found() -> dict[str, Row]:
    return {row.answer: row for row in rows(SUITE) if row.tag == "all"}


def test_each_answer_is_given_to_every_prompt(found: dict[str, Row]) -> None:
    assert set(found) == {"constant", "text only", "shuffled"}
    assert all(row.prompts == len(SUITE.prompts) for row in found.values())


def test_one_arrangement_for_all_is_right_on_one_twin_at_most(found: dict[str, Row]) -> None:
    """In a row of equals the four "left of" are right, and the six "near": none of a pair is with its twin."""
    assert found["constant"].all_correct == pytest.approx(10 / len(SUITE.prompts))
    assert found["constant"].pairs == 0


def test_the_right_things_anywhere_meet_all_requirements_but_the_relation(found: dict[str, Row]) -> None:
    assert found["text only"].requirements >= 6 / 7  # of seven, one is the relation
    assert found["text only"].all_correct < 0.5


def test_another_prompts_picture_has_other_things(found: dict[str, Row]) -> None:
    assert found["shuffled"].all_correct < 0.1
    assert found["shuffled"].requirements < found["text only"].requirements


def test_the_table_has_a_line_for_every_tag(found: dict[str, Row]) -> None:
    assert "| all | 30 |" in as_markdown(SUITE, list(found.values()), "x")


def test_a_suite_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^unknown suite 'spatail': did you mean 'spatial'\?$"):
        main(["--suite", "spatail", "--out", str(tmp_path)])
