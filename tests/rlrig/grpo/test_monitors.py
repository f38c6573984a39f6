"""Monitors: what they see in pictures, and when they stop a run."""

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from rlrig.grpo import monitors
from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.shapes.draw import render
from rlrig_eval.shapes.vocabulary import COLOURS
from tests.rlrig.grpo.made import COUNT, outcome, start


def rows(reward, judged):
    return [{"soft": r, "held_out": j} for r, j in zip(reward, judged, strict=True)]


def test_a_reward_that_climbs_while_the_judge_falls_stops_the_run():
    trouble = monitors.hacked(rows([0.5, 0.6, 0.7, 0.8], [0.5, 0.45, 0.4, 0.35]), patience=3, margin=0.02)
    assert trouble == (
        "the reward rose from 0.500 to 0.800 while the held-out judge fell from 0.500 to 0.350, over 3 evaluations"
    )


def test_a_judge_that_falls_a_little_at_a_time_stops_it_too():
    """The first evaluation after the best is within the margin, and must not excuse all that follow."""
    steps = range(8)
    climbing = rows([0.5 + 0.03 * i for i in steps], [0.6 - 0.03 * i for i in steps])
    assert monitors.hacked(climbing[:4], patience=3, margin=0.04) is None
    assert "over 4 evaluations" in monitors.hacked(climbing[:5], patience=3, margin=0.04)


@pytest.mark.parametrize(
    ("reward", "judged"),
    [
        ([0.5, 0.6, 0.7, 0.8], [0.5, 0.6, 0.7, 0.8]),  # both climb
        ([0.5, 0.5, 0.4, 0.4], [0.5, 0.4, 0.3, 0.2]),  # both fall
        ([0.5, 0.6, 0.7], [0.5, 0.4, 0.3]),  # too few
        ([0.5, 0.6, 0.7, 0.8], [0.5, 0.4, 0.49, 0.4]),  # within the margin once
        ([0.5, 0.6, 0.7, 0.8], [math.nan] * 4),  # a judge that never answered
        ([0.5, 0.6, 0.7, 0.8], [math.nan, 0.5, 0.5, 0.5]),  # or not at first
        ([0.5, 0.6, 0.7, math.nan], [0.5, 0.4, 0.3, 0.2]),  # too few with a reward
    ],
)
def test_nothing_else_does(reward, judged):
    assert monitors.hacked(rows(reward, judged), patience=3, margin=0.02) is None


def test_what_is_trained_on_stops_it_too_where_the_checkers_mean_stays_as_it_is():
    climbing = [{**row, "soft": 0.5, "reward_editor": row["soft"]} for row in rows([1.0, 1.5, 2.0], [0.6, 0.4, 0.3])]
    trouble = monitors.hacked(climbing, patience=2, margin=0.02)
    assert trouble is not None
    assert trouble.startswith("the editor's reward rose from 1.000 to 2.000 while")


def test_without_a_judge_nothing_stops_a_run():
    assert monitors.hacked([{"soft": soft} for soft in (0.5, 0.6, 0.7, 0.8)], patience=3, margin=0.02) is None


def test_edges_and_colours_of_a_plain_and_a_busy_picture():
    plain = Image.new("RGB", (32, 32), "white")
    noisy = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8))
    assert monitors.edge_density(plain) == monitors.colour_entropy(plain) == 0
    assert monitors.edge_density(noisy) > 0.8
    assert 5.5 < monitors.colour_entropy(noisy) <= 6


def test_half_black_half_white_is_one_bit_with_one_line_of_edges():
    halves = np.zeros((32, 32, 3), np.uint8)
    halves[:, 16:] = 255
    picture = Image.fromarray(halves)
    assert monitors.colour_entropy(picture) == pytest.approx(1)
    assert monitors.edge_density(picture) == pytest.approx(1 / 31)


def test_copies_and_unparsable_instructions_are_counted():
    done = [1.0] * COUNT
    found = monitors.watch(
        [outcome(done), outcome(done, colour="red", instruction="er"), outcome(start().probabilities)]
    )
    assert found["copied"] == pytest.approx(2 / 3)
    assert found["unparsable"] == pytest.approx(1 / 3)
    assert found["accepted"] == pytest.approx(2 / 3)
    assert found["gain"] > 0


def test_an_edit_that_spoils_a_picture_costs_nothing_of_what_is_kept():
    """The loop goes back to the picture before; by the mean over edits a safe Actor would be taken for a better one."""
    spoilt, mended, was = outcome([0.0] * COUNT), outcome([1.0] * COUNT), outcome(start().probabilities)
    assert monitors.watch([spoilt])["kept"] == monitors.watch([was])["soft"]
    assert monitors.watch([mended])["kept"] == 1
    assert monitors.watch([spoilt, mended])["kept"] > monitors.watch([was, was])["soft"]


def test_one_answer_that_is_missing_does_not_hide_what_the_others_say():
    done, missing = outcome([1.0] * COUNT), outcome([math.nan, *[1.0] * (COUNT - 1)])
    found = monitors.watch([done, missing])
    assert {name: found[name] for name in ("soft", "gain", "kept", "hard")} == {
        name: value for name, value in monitors.watch([done]).items() if name in ("soft", "gain", "kept", "hard")
    }
    assert found["accepted"] == 0.5
    assert math.isnan(monitors.watch([missing])["soft"])


@pytest.mark.parametrize("colours", list(combinations(COLOURS, 2)), ids=" and ".join)
def test_the_smallest_ring_in_another_colour_is_no_copy(colours):
    before, after = (
        render(SceneGraph(entities=(Entity(id="e0", category="ring", attributes=(c,), box=(25.3, 25.6, 39.3, 39.6)),)))
        for c in colours
    )
    made = outcome([1.0] * COUNT)
    done = replace(made, before=replace(made.before, image=before), after=replace(made.after, image=after))
    assert monitors.watch([done])["copied"] == 0


def test_a_picture_that_was_only_encoded_again_is_a_copy():
    """Every pixel off by a little, an edge here and there by more."""
    noise = np.random.default_rng(0).integers(-6, 7, (16, 16, 3))
    noise[0, :4] = 60
    made = outcome([1.0] * COUNT, start(colour=(128, 128, 128)), colour=(128, 128, 128))
    again = Image.fromarray((np.asarray(made.after.image, dtype=int) + noise).astype(np.uint8))
    assert monitors.watch([replace(made, after=replace(made.after, image=again))])["copied"] == 1


def test_a_collapse_of_the_pictures_is_a_warning():
    first, now = {"edge_density": 0.2, "colour_entropy": 2.0}, {"edge_density": 0.05, "colour_entropy": 1.5}
    assert monitors.out_of_band(first, now) == ["edge_density fell from 0.200 to 0.050"]
