"""Both phases learn what is rewarded, through the real trainer, in seconds; wrong advantages teach nothing."""

import weakref
from dataclasses import replace

import pytest
import torch
from accelerate import Accelerator

from rlrig.grpo import trainer
from rlrig.grpo.phases import EditorPhase
from rlrig.grpo.processes import mine
from rlrig_eval.errors import RunError, UsageError
from tests.rlrig.grpo.toys import toy

STEPS = 40


def trained(run, steps=STEPS):
    """The rows of so many steps."""
    rows = []
    for run.step in range(steps):
        rows.append(trainer.train_step(run))
    return rows


def learnt(run):
    """How far the policy has come: the editor's mean, or the Actor's probability of the right instruction."""
    (phase,) = run.system.phases.values()
    policy = phase.policy
    found = policy.m if hasattr(policy, "m") else policy.logits.softmax(0)[-1]
    return float(found.detach())


OBJECTIVES = {
    "clipped": {},
    "clipped, twice over": {"optimiser": {"lr": 0.03, "epochs": 2}},
    "ratio_norm": {"objective": "ratio_norm"},
    "dppo": {"objective": "dppo", "optimiser": {"lr": 0.03, "epochs": 2}},
    "nft": {"objective": "nft"},
    "dance": {"kind": "dance", "noise": 0.3},
    "cps": {"kind": "cps", "noise": 0.8},
    "a window that slides": {"window": "sliding", "window_size": 3},
    "gdpo": {"rewards": {"requirements_soft": 1.0, "similarity": 0.1}, "credit": {"floor": False, "combine": "gdpo"}},
    "a KL to where it began": {"beta": 1e-3},
}


@pytest.mark.parametrize("settings", OBJECTIVES.values(), ids=OBJECTIVES)
def test_the_editor_learns_by_every_objective(settings, tmp_path):
    run = toy("editor", tmp_path, **settings)
    rows = trained(run)
    assert learnt(run) > 0.8
    early, late = ([row["reward"] for row in rows][part] for part in (slice(0, 5), slice(-5, None)))
    assert sum(late) > sum(early)


@pytest.mark.parametrize("loss", ["grpo", "bnpo", "dr_grpo", "dapo", "gspo"])
def test_the_actor_learns_by_every_token_loss(loss, tmp_path):
    run = toy("actor", tmp_path, loss=loss)
    rows = trained(run)
    assert learnt(run) > 0.8
    assert rows[-1]["reward"] > rows[0]["reward"]


def test_cispo_too_with_a_bound_that_is_one(tmp_path):
    run = toy("actor", tmp_path, loss="cispo", eps_high=5.0)
    trained(run)
    assert learnt(run) > 0.8


@pytest.mark.parametrize(("first", "began"), [("editor", 0.0), ("actor", 1 / 3)])
def test_with_the_sign_flipped_it_learns_the_opposite(first, began, tmp_path):
    run = toy(first, tmp_path, rewards={"requirements_soft": -1.0})
    trained(run)
    assert learnt(run) < began - 0.2


@pytest.mark.parametrize(("first", "began", "room"), [("editor", 0.0, 0.8), ("actor", 1 / 3, 0.4)])
def test_with_advantages_shuffled_it_learns_nothing(first, began, room, tmp_path, monkeypatch):
    """A random walk: it ends where no run that learns does."""
    given, made = trainer.assign, torch.Generator().manual_seed(0)

    def shuffled(scores, weights, credit):
        return [
            replace(one, values=one.values[torch.randperm(len(one.values), generator=made)])
            for one in given(scores, weights, credit)
        ]

    monkeypatch.setattr(trainer, "assign", shuffled)
    run = toy(first, tmp_path)
    trained(run)
    assert abs(learnt(run) - began) < room


@pytest.mark.parametrize("over", ["turn", "trajectory"])
@pytest.mark.parametrize("first", ["actor", "editor"])
def test_several_rounds_are_trained_on(first, over, tmp_path):
    """Two edits in a row, with credit for each turn or for what the trajectory came to."""
    credit = {"floor": False, "over": over, "trajectory": {"peak": 1.0, "retention": 0.1}}
    run = toy(first, tmp_path, rounds=2, credit=credit)
    trained(run)
    assert learnt(run) > 0.7


def test_several_updates_move_the_ratio_and_clip_it(tmp_path):
    run = toy("editor", tmp_path, optimiser={"lr": 0.1, "epochs": 3}, clip=1e-3)
    rows = trained(run, 3)
    assert all(row["updates"] == 3 for row in rows)
    assert any(row["ratio"] != 1 for row in rows)
    assert any(row["clip"] > 0 for row in rows)


@pytest.mark.parametrize("objective", ["clipped", "nft"])
def test_no_more_than_one_step_has_its_graph_in_memory(objective, tmp_path, monkeypatch):
    """What a gradient needs is most of a GPU's memory: the graph of one trained step goes before the next is made."""
    given, alive = EditorPhase.parts, []

    def watched(*turn):
        graphs = []
        for part in given(*turn):
            alive.append(sum(graph() is not None for graph in graphs))
            graphs.append(weakref.ref(part.loss))
            yield part
            del part

    monkeypatch.setattr(EditorPhase, "parts", watched)
    trained(toy("editor", tmp_path, objective=objective), 1)
    assert alive == [0] * len(alive)
    assert len(alive) > 2


def test_batches_that_do_not_share_out_evenly_are_refused():
    with pytest.raises(UsageError, match="3 batches a step do not divide into 1 processes and 2 updates"):
        mine(Accelerator(cpu=True), 3, 2)


@pytest.mark.parametrize(
    "settings",
    [{"rewards": {}}, {"credit": {"floor": False}}, {"credit": {"floor": False, "combine": "gdpo"}}],
    ids=["alone", "beside another", "beside another, gdpo"],
)
def test_a_reward_that_is_never_a_number_stops_the_run_whatever_the_others_are(settings, tmp_path, httpserver):
    httpserver.expect_request("/r").respond_with_json({"rewards": [None, None]})
    server = {"url": httpserver.url_for("/r"), "attempts": 1}
    run = toy("editor", tmp_path, groups=2, group_size=2, batch_size=2, reward_server=server, **settings)
    with pytest.raises(RunError, match="reward server: not one of 4 is a number"):
        trainer.train_step(run)
