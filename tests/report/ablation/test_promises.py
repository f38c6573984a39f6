"""The ablation: what it was to show, and where judge and reader part."""

from types import SimpleNamespace

import pytest

from rlrig_eval.report.ablation.contestants import LOOP, SINGLE
from rlrig_eval.report.ablation.figures import ALL, HARD
from rlrig_eval.report.ablation.judged import beside_the_reader
from rlrig_eval.report.ablation.promises import promises
from tests.report.ablation.invented import told


def test_what_was_promised_is_kept_when_every_training_seed_keeps_it() -> None:
    made = promises(told())
    assert [one.kept for one in made] == [True] * len(made)
    assert len(made) == 9  # of the judge two: its share of requirements and its all correct, each beside the reader's


@pytest.mark.parametrize(
    ("short", "broken"),
    [
        ({"low": 0.0}, ["above", "above", "above"]),
        ({"closed": 0.39}, ["headroom, all correct", "headroom, strict SG-IoU"]),
        ({"images": 4.0}, ["images per solved prompt"]),
        ({"edges": 0.02}, ["edges and colours"]),
        ({"judged": -0.01}, ["judge.x agrees in direction with the reader on the share of requirements"]),
        ({"judged": 0.0}, ["judge.x agrees in direction with the reader on the share of requirements"]),
        ({"right": -0.01}, ["judge.x agrees in direction with the reader on all correct"]),
    ],
)
def test_one_seed_that_falls_short_breaks_a_promise_and_no_other(short: dict, broken: list[str]) -> None:
    found = [one.what for one in promises(told(**short)) if one.kept is False]
    assert len(found) == len(broken)
    assert all(word in what for word, what in zip(broken, found, strict=True))


@pytest.mark.parametrize(
    ("judged", "words", "kept"),
    [
        (0.1, "in 2 of 2 judged rows", True),
        (-0.0007, "in 1 of 2 judged rows; apart: both trained, seed 1 (reader +0.0500, judge -0.0007)", False),
        (1e-17, "in 1 of 2 judged rows; no direction: both trained, seed 1 (reader +0.0500, judge exactly 0)", False),
        (None, "in 1 of 2 judged rows; no prompt that both scored: both trained, seed 1", None),
    ],
)
def test_where_judge_and_reader_part_is_told_with_both_figures(
    judged: float | None, words: str, kept: bool | None
) -> None:
    found = promises(told(judged=judged))[-2]
    assert (found.found, found.kept) == (words, kept)


def test_a_row_that_no_judge_saw_is_named() -> None:
    bare = told()
    bare["same_cap"][LOOP]["best-of-n"] = bare["same_cap"][LOOP]["both trained"]
    assert [one.found for one in promises(bare)[-2:]] == ["in 2 of 2 judged rows; not judged: best-of-n"] * 2


def test_judge_and_reader_are_held_against_each_other_on_the_prompts_that_both_scored_in_both_runs() -> None:
    def of(read: list[float | None], judged: list[float | None]) -> dict:
        by = {"requirements": read, "judge.v1.5": judged}
        halves = {name: [None if one is None else one / 2 for one in values] for name, values in by.items()}
        by |= {"all_correct": halves["requirements"], "judge.v1.5.all_correct": halves["judge.v1.5"]}
        return {metric: dict(zip("abcd", values, strict=True)) for metric, values in by.items()}

    scores = {
        LOOP: of([0.5, 0.5, 0.0, 0.0], [0.5, 0.5, 0.0, None]),
        "x": of([1.0, 0.5, None, 0.0], [0.0, 0.5, 1.0, 1.0]),  # c the judge alone, d the reader alone
        "not judged": {"requirements": {"a": 1.0}},
    }
    about, parts = SimpleNamespace(groups={p: p for p in "abcd"}), {ALL: list("abcd"), HARD: ["c"]}
    found = beside_the_reader("judge.v1.5", scores, ["x", "not judged"], about, parts)
    assert list(found) == ["x"]
    for measure, mean in {"requirements": 0.25, "all_correct": 0.125}.items():
        by = found["x"][ALL][measure]
        assert {who: (one["mean"], one["n"]) for who, one in by.items()} == {"reader": (mean, 2), "judge": (-mean, 2)}
        assert {who: one["n"] for who, one in found["x"][HARD][measure].items()} == {"reader": 0, "judge": 0}


def test_what_was_not_measured_is_neither_kept_nor_broken() -> None:
    bare = told()
    bare["rows"] = {name: row for name, row in bare["rows"].items() if name in (SINGLE, LOOP)}
    bare["same_cap"] = {other: {} for other in bare["same_cap"]}
    bare["judged"] = {"judge.x": {}}
    assert {one.what.split(":")[0]: one.kept for one in promises(bare) if one.kept is not None} == {
        f"edges and colours of every row at least 0.50 of the {SINGLE}'s": True
    }
