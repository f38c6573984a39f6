"""rlrig-eval power: plans from numbers and from a pair of runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlrig_eval import evaluate
from rlrig_eval.stats import Spread, detectable, power
from tests.runs import tiny


def rows(done) -> list[dict]:
    assert done.code == 0, done.err
    return json.loads(done.out)["rows"]


def test_groups_and_effect_give_the_power(rlrig_eval) -> None:
    done = rlrig_eval("power", "--discordance", "0.2", "--groups", "100", "--effect", "0.1", "--json")
    assert rows(done) == [{"groups": 100, "effect": 0.1, "power": power(0.1, 100, Spread(discordance=0.2))}]


def test_groups_alone_give_the_smallest_difference(rlrig_eval) -> None:
    found = rows(rlrig_eval("power", "--discordance", "0.2", "--groups", "300", "--power", "0.9", "--json"))
    assert found[0]["effect"] == detectable(300, Spread(discordance=0.2), 0.9)


def test_an_effect_alone_gives_the_groups(rlrig_eval) -> None:
    found = rows(rlrig_eval("power", "--sd", "0.4", "--effect", "0.05", "--json"))
    # Textbook: (1.96 + .84)^2 sd^2 / effect^2 = 502.3 groups, and two more for Student's t.
    assert found[0]["groups"] == pytest.approx(504, abs=2)


def test_neither_gives_a_table_of_the_usual_sizes(rlrig_eval) -> None:
    found = rows(rlrig_eval("power", "--discordance", "0.2", "--json"))
    assert [row["groups"] for row in found] == [40, 100, 200, 300, 553, 1000]
    assert "553" in rlrig_eval("power", "--discordance", "0.2").out


@pytest.mark.parametrize(
    "flags", [[], ["--groups", "100"], ["--effect", "0.05"], ["--groups", "100", "--delta", "0.05"]]
)
def test_where_nothing_says_how_much_runs_differ_a_discordance_is_assumed_and_said(
    rlrig_eval, flags: list[str]
) -> None:
    assert rows(rlrig_eval("power", *flags, "--json")) == rows(
        rlrig_eval("power", *flags, "--discordance", "0.2", "--json")
    )
    assert "Assumed: discordance 0.2." in rlrig_eval("power", *flags).out
    assert "Assumed" not in rlrig_eval("power", *flags, "--sd", "0.4").out
    assert "0.2 is assumed" in rlrig_eval("power", "--effect", "0.3").err


def test_a_gate_is_planned_with_its_delta(rlrig_eval) -> None:
    found = rows(rlrig_eval("power", "--discordance", "0.2", "--groups", "400", "--delta", "0.05", "--json"))
    assert 0.05 < found[0]["effect"] < 0.15
    blank = rows(rlrig_eval("power", "--discordance", "0.2", "--effect", "0.05", "--delta", "0.05", "--json"))
    assert blank[0]["groups"] is None  # a fall that is forgiven is never found


def test_a_pilot_gives_spread_and_groups(rlrig_eval, tmp_path: Path) -> None:
    for name, rate in (("a", 0.1), ("b", 0.5)):
        evaluate(tiny.suite(), "synthetic", options={"error_rate": rate}, out=tmp_path / name)
    found = rows(rlrig_eval("power", "--pilot", tmp_path / "a", tmp_path / "b", "--json"))
    assert found[0]["groups"] == 18
    same = rlrig_eval("power", "--pilot", tmp_path / "a", tmp_path / "a")
    assert (same.code, "do not differ" in same.err) == (2, True)


@pytest.mark.parametrize(
    "flags",
    [["--effect", "0.3"], ["--discordance", "0.2", "--sd", "0.3"],
     ["--discordance", "0.1", "--groups", "50", "--effect", "0.3"],
     ["--sd", "0"], ["--sd", "0.3", "--effect", "0.1", "--power", "1"]],
)  # fmt: skip
def test_what_cannot_be_planned_is_a_usage_error(rlrig_eval, flags: list[str]) -> None:
    done = rlrig_eval("power", *flags)
    assert (done.code, "Traceback" in done.err, done.err.startswith("error: ")) == (2, False, True)
