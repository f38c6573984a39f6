"""Advantages against hand calculation, and what they do not depend on."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rlrig.grpo.advantages import advantages, gdpo

NAN = math.nan
REWARDS = st.lists(st.floats(0, 1, width=32), min_size=8, max_size=8)
GROUPS = torch.tensor([0, 0, 0, 0, 7, 7, 7, 7])


def of(rewards, groups=None, **options):
    return advantages(torch.tensor(rewards), torch.tensor(groups or [0] * len(rewards)), **options)


@pytest.mark.parametrize(("ddof", "std"), [(0, 1.0), (1, math.sqrt(2))])
def test_two_rewards_by_hand(ddof, std):
    found = of([1.0, 3.0], ddof=ddof)
    assert found.values.tolist() == pytest.approx([-1 / (std + 1e-4), 1 / (std + 1e-4)], rel=1e-6)


def test_the_scale_is_the_group_s_the_batch_s_or_none():
    rewards, groups = [1.0, 3.0, 0.0, 8.0], [0, 0, 1, 1]
    assert of(rewards, groups, scale="none").values.tolist() == [-1, 1, -4, 4]
    batch = float(torch.tensor(rewards).std()) + 1e-4
    assert of(rewards, groups, scale="batch").values.tolist() == pytest.approx(
        [-1 / batch, 1 / batch, -4 / batch, 4 / batch]
    )
    spread = 4 / (math.sqrt(32) + 1e-4)
    assert of(rewards, groups).values.tolist()[2:] == pytest.approx([-spread, spread])


def test_a_group_of_equal_rewards_is_left_out_and_counted():
    found = of([0.5, 0.5, 0.2, 0.9], [3, 3, 5, 5])
    assert found.live.tolist() == [False, False, True, True]
    assert found.values.tolist()[:2] == [0, 0]
    assert (found.zero_variance, found.groups) == (1, 2)


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_a_missing_reward_is_left_out_and_counted(scale):
    found = of([1.0, NAN, 3.0, NAN, NAN, 2.0], [0, 0, 0, 1, 1, 1], scale=scale)
    assert found.live.tolist() == [True, False, True, False, False, False]
    assert (found.missing, found.zero_variance) == (3, 1)
    assert not found.values.isnan().any()
    if scale != "batch":
        assert found.values[[0, 2]].tolist() == pytest.approx(of([1.0, 3.0], scale=scale).values.tolist())


def test_the_floor_makes_edits_that_do_not_improve_equal():
    start = torch.full((4,), 0.5)
    found = of([0.1, 0.5, 0.4, 0.9], start=start, floor=True, scale="none")
    assert found.values.tolist() == pytest.approx([-0.1, -0.1, -0.1, 0.3])
    nothing_better = of([0.1, 0.5, 0.4, 0.3], start=start, floor=True)
    assert (nothing_better.zero_variance, nothing_better.live.any().item()) == (1, False)


def test_the_floor_keeps_a_missing_reward_missing():
    found = of([NAN, 0.5, 0.9], start=torch.full((3,), 0.5), floor=True)
    assert (found.missing, found.live.tolist()) == (1, [False, True, True])


def test_the_start_as_baseline():
    found = of([0.6, 0.4, 0.9], start=torch.full((3,), 0.5), baseline="start", scale="none")
    assert found.values.tolist() == pytest.approx([0.1, -0.1, 0.4])


@pytest.mark.parametrize("scale", ["none", "batch"])
def test_against_the_start_a_group_of_equal_rewards_teaches_what_it_gained(scale):
    found = of([0.9, 0.9, 0.5, 0.5], [0, 0, 1, 1], scale=scale, baseline="start", start=torch.full((4,), 0.5))
    assert found.live.tolist() == [True, True, False, False]
    assert found.zero_variance == 1
    if scale == "none":
        assert found.values.tolist() == pytest.approx([0.4, 0.4, 0, 0])


def test_a_spread_of_nothing_is_no_divisor_for_what_was_gained():
    found = of([0.9, 0.9], scale="group", baseline="start", start=torch.full((2,), 0.5))
    assert (found.live.any().item(), found.zero_variance) == (False, 1)


def test_under_the_floor_a_group_without_improvement_teaches_nothing_against_its_starts_either():
    found = of([0.4, 0.3], scale="none", baseline="start", start=torch.tensor([0.5, 0.6]), floor=True)
    assert (found.live.any().item(), found.zero_variance) == (False, 1)


def test_under_the_floor_what_gained_nothing_is_not_blamed_for_a_sibling_s_lower_start():
    rewards, start = [0.2, 0.9, 0.8, 0.8], torch.tensor([0.2, 0.2, 0.8, 0.8])
    found = of(rewards, scale="none", baseline="start", start=start, floor=True)
    assert found.values.tolist() == pytest.approx([0, 0.7, 0, 0])
    worse = of([0.1, 0.9, 0.8, 0.3], scale="none", baseline="start", start=start, floor=True)
    assert torch.equal(worse.values, found.values)


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
def test_under_the_floor_siblings_that_began_apart_and_gained_nothing_teach_nothing(scale):
    found = of([0.2, 0.8], scale=scale, baseline="start", start=torch.tensor([0.2, 0.8]), floor=True)
    assert (found.live.any().item(), found.zero_variance) == (False, 1)


@given(REWARDS, st.floats(0, 1, width=32), st.sampled_from(["group", "batch", "none"]))
def test_of_a_shared_start_the_lowest_is_the_own(rewards, start, scale):
    rewards, starts = torch.tensor(rewards), torch.full((8,), start)
    floored = torch.where(rewards > starts, rewards, starts)
    found = advantages(rewards, GROUPS, scale, "start", starts, floor=True)
    plain = advantages(floored, GROUPS, scale, "start", starts)
    assert torch.equal(found.values, plain.values)
    assert torch.equal(found.live, plain.live)


def test_without_start_rewards_neither_floor_nor_start_baseline():
    for options in ({"floor": True}, {"baseline": "start"}):
        with pytest.raises(ValueError, match="start"):
            of([1.0, 2.0], **options)


def test_group_ids_must_be_integers():
    with pytest.raises(ValueError, match="integers"):
        advantages(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 0.0]))


@given(REWARDS, st.floats(-3, 3, width=32))
def test_a_shift_of_all_rewards_changes_nothing(rewards, shift):
    rewards = torch.tensor(rewards).round(decimals=2)  # apart by more than float32 loses in the shift
    before, after = advantages(rewards, GROUPS), advantages(rewards + shift, GROUPS)
    torch.testing.assert_close(before.values, after.values, atol=1e-2, rtol=0)  # divided by a std down to .004
    assert torch.equal(before.live, after.live)


@given(REWARDS, st.permutations(range(8)), st.sampled_from(["group", "batch", "none"]))
def test_the_order_of_samples_does_not_matter(rewards, order, scale):
    rewards, order = torch.tensor(rewards), torch.tensor(order)
    there = advantages(rewards, GROUPS, scale).values[order]
    torch.testing.assert_close(there, advantages(rewards[order], GROUPS[order], scale).values, atol=1e-3, rtol=1e-4)


def test_gdpo_by_hand():
    """Each reward to -+1/sqrt(2) (eps 0), weighted 1 and 2, then over the batch of (3, 1, -1, -3)/sqrt(2)."""
    rewards = torch.tensor([[1.0, 9.0], [0.0, 0.0], [2.0, 0.0], [0.0, 10.0]])
    found = gdpo(rewards, [1.0, 2.0], torch.tensor([0, 0, 1, 1]), eps=0.0)
    expected = torch.tensor([3.0, -3.0, -1.0, 1.0])
    torch.testing.assert_close(found.values, expected / expected.std())


def test_gdpo_with_one_reward_flat_or_missing_uses_the_other():
    rewards = torch.tensor([[1.0, 0.5], [0.0, 0.5], [0.3, NAN], [0.3, NAN]])
    found = gdpo(rewards, [1.0, 1.0], torch.tensor([0, 0, 1, 1]))
    assert found.live.tolist() == [True, True, False, False]
    assert found.values[0] > 0 > found.values[1]
    assert (found.zero_variance, found.missing) == (1, 2)


def test_gdpo_lets_no_reward_drown_another():
    """Summed raw, a reward in the thousands would decide alone; normalised first, the two agree or cancel."""
    rewards = torch.tensor([[1000.0, 0.0], [0.0, 1.0], [1000.0, 1.0], [0.0, 0.0]])
    found = gdpo(rewards, [1.0, 1.0], torch.tensor([0, 0, 0, 0]))
    assert found.values[:2].tolist() == pytest.approx([0, 0], abs=1e-3)
    assert found.values[2] > 0 > found.values[3]
