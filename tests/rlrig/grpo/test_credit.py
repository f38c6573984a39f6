"""Who is credited: each turn by itself or all turns of a trajectory, and none that had nothing left to mend."""

import pytest
import torch

from rlrig.grpo.config import Credit
from rlrig.grpo.credit import Scorer, Scores, assign, score
from rlrig.grpo.rollout import Turn
from tests.rlrig.grpo.made import COUNT, outcome, start

PLAIN = Credit(floor=False, scale="none")


def scores(rewards, idle=0.5, open_=None):
    rewards = torch.tensor(rewards)[:, :, None]
    return Scores(
        rewards=rewards,
        idle=torch.full_like(rewards, idle),
        open=torch.ones(rewards.shape[:2], dtype=torch.bool)
        if open_ is None
        else torch.tensor(open_, dtype=torch.bool),
        groups=torch.zeros(rewards.shape[1], dtype=torch.long),
    )


def test_each_turn_is_compared_with_the_same_turn_of_its_siblings():
    first, second = assign(scores([[0.0, 1.0], [0.8, 0.2]]), [1.0], PLAIN)
    assert first.values.tolist() == pytest.approx([-0.5, 0.5])
    assert second.values.tolist() == pytest.approx([0.3, -0.3])


def test_a_trajectory_gives_all_of_its_turns_what_it_came_to():
    credit = Credit(over="trajectory", floor=False, scale="none", trajectory={"peak": 1.0, "retention": 1.0})
    first, second = assign(scores([[0.0, 1.0], [0.8, 0.5]]), [1.0], credit)
    expected = (0.8 + 1.0) - (1.0 + 0.5)
    assert first.values.tolist() == second.values.tolist() == pytest.approx([expected / 2, -expected / 2])


def test_in_a_trajectory_an_edit_that_the_loop_would_not_make_counts_for_nothing():
    """The first sample is solved by its first edit, and the loop would stop there; what an edit of it would spoil, and
    another mend again, is none of its doing."""
    credit = Credit(over="trajectory", floor=False, scale="none", trajectory={"retention": 1.0})
    scored = scores([[1.0, 0.8], [0.2, 0.4], [0.6, 0.4]], open_=[[1, 1], [0, 1], [1, 1]])
    made = assign(scored, [1.0], credit)
    assert [one.live.tolist() for one in made] == [[True, True], [False, True], [False, True]]
    assert made[0].values.tolist() == pytest.approx([0.25, -0.25])  # of 1 and .5
    assert made[1].values.tolist() == pytest.approx([0, -0.25])  # 0 where nothing is learned
    scored.rewards[1:, 0] = torch.nan
    assert assign(scored, [1.0], credit)[0].missing == 0


def test_of_a_start_that_was_solved_already_a_trajectory_is_the_start():
    credit = Credit(over="trajectory", floor=False, scale="none")
    (found,) = assign(scores([[0.9, 0.7]], idle=0.5, open_=[[0, 1]]), [1.0], credit)
    assert found.values.tolist() == pytest.approx([0, 0.1])  # of .5 and .7


def test_a_sample_with_nothing_left_to_mend_does_not_learn_from_that_turn():
    made = assign(scores([[0.2, 0.4, 0.9], [0.3, 0.5, 0.1]], open_=[[1, 1, 1], [1, 1, 0]]), [1.0], PLAIN)
    scored = scores([[0.2, 0.4, 0.9]], open_=[[True, True, False]])
    assert made[1].live.tolist() == [True, True, False]
    (alone,) = assign(scored, [1.0], PLAIN)
    assert alone.values.tolist() == pytest.approx([-0.1, 0.1, 0])
    assert alone.missing == 0


def test_a_start_without_a_reward_leaves_its_samples_out_and_counted():
    for credit in (Credit(floor=True), Credit(floor=False, baseline="start")):
        scored = scores([[0.6, 0.7, 0.8, 0.4]])
        scored.idle[0, 0] = torch.nan
        (found,) = assign(scored, [1.0], credit)
        assert found.missing == 1
        assert found.values.isfinite().all()
        assert found.live.tolist() == [False, True, True, True]
    shared = assign(scored, [1.0], Credit(floor=False, over="trajectory"))[0]
    assert (shared.missing, shared.live.tolist()) == (1, [False, True, True, True])


def test_under_gdpo_every_missing_reward_is_counted():
    rewards = torch.tensor([[[0.1, torch.nan], [0.9, 0.2], [0.4, 0.8]]])
    scored = Scores(rewards, torch.zeros_like(rewards), torch.ones(1, 3, dtype=torch.bool), torch.zeros(3).long())
    (found,) = assign(scored, [1.0, 1.0], Credit(floor=False, combine="gdpo"))
    assert (found.missing, found.live.all().item()) == (1, True)


def test_the_floor_is_what_doing_nothing_would_have_given():
    (found,) = assign(scores([[0.1, 0.4, 0.5, 0.3]], idle=0.5), [1.0], Credit(floor=True))
    assert (found.zero_variance, found.live.any().item()) == (1, False)


def test_the_reward_of_an_instruction_is_the_mean_over_its_edits():
    good, bad = outcome([1.0] * COUNT), outcome([0.0] * COUNT)
    turn = Turn(None, torch.tensor([0, 0]), (good, bad, good, good), torch.tensor([True, True]))
    scorer = Scorer(("requirements_soft", "format"), (1.0, 0.1))
    assert scorer(turn).tolist() == [[0.5, 1.0], [1.0, 1.0]]
    idle = score([turn], scorer, Credit()).idle[0, :, 0]
    untouched = outcome(start().probabilities)
    assert idle.tolist() == pytest.approx([scorer(Turn(None, torch.tensor([0]), (untouched,), None))[0, 0].item()] * 2)
