"""Configs: the presets load, and what cannot be meant is one line that names the field."""

import pytest
import yaml
from pydantic import ValidationError

from rlrig.grpo.config import FOLDER, ActorTraining, Config, EditorTraining, load_config
from rlrig.grpo.plan import plan
from rlrig_eval.errors import UsageError


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.yaml")))
def test_every_preset_loads_and_is_named_after_its_file(name):
    config = load_config(name)
    assert config.name == name
    assert config.preset().editor.checkpoint
    judge = config.evaluation.judge  # without one nothing stops a run that games its reward
    assert judge is not None
    assert judge.checkpoint != config.preset().checker.checkpoint


def test_the_full_size_presets_have_the_defaults_that_are_argued_for():
    editor, actor = load_config("editor-kontext").editor, load_config("actor-qwen-vl").actor
    assert (editor.lora.rank, editor.lora.alpha, editor.optimiser.lr) == (64, 128, 1e-4)
    assert (editor.group_size, editor.sampling_steps, editor.guidance, editor.beta) == (16, 8, 2.5, 0.01)
    horizon = 1 / (1 - editor.optimiser.ema)  # in optimiser steps; .9 every 8 of them has one of 80
    assert horizon == pytest.approx(80, rel=0.05)
    assert (actor.lora.rank, actor.optimiser.lr, actor.group_size) == (32, 1e-5, 8)
    assert (actor.eps_low, actor.high) == (0.2, 0.28)


@pytest.mark.parametrize(
    ("objective", "limit"), [("clipped", 1e-4), ("ratio_norm", 2e-6), ("dppo", 1e-5)]
)  # Flow-GRPO, GRPO-Guard, UniRL
def test_each_objective_has_a_clip_of_its_own_unless_one_is_given(objective, limit):
    assert EditorTraining(objective=objective).limit == limit
    assert EditorTraining(objective=objective, clip=0.5).limit == 0.5


def test_the_clip_of_a_density_is_not_that_of_cps():
    assert EditorTraining(kind="cps").limit == 1e-5  # Flow-GRPO-Fast
    assert EditorTraining(kind="cps", clip=0.5).limit == 0.5
    assert EditorTraining(kind="cps", objective="dppo").limit == 1e-5  # a KL, whatever the ratio


def test_the_cap_of_cispo_is_no_clip_range():
    assert (ActorTraining(loss="cispo").high, ActorTraining(loss="dapo").high) == (5.0, 0.28)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"stepz": 3}, "stepz: unknown key: did you mean 'steps'"),
        ({"editor": {"grops": 3}}, r"editor\.grops: unknown key: did you mean 'groups'"),
        ({"editor": {"optimiser": {"lr": 0}}}, r"editor\.optimiser\.lr"),
        ({"editor": {"group_size": 6, "batch_size": 16}}, "not a multiple of group_size 6"),
        ({"editor": {"groups": 3, "group_size": 8, "batch_size": 16}}, "3 groups of 8 do not divide"),
        ({"actor": {"groups": 2, "optimiser": {"updates": 3}}}, "do not divide into optimiser.updates = 3"),
        ({"actor": {"group_size": 1}}, r"actor\.group_size"),
        ({"editor": {"rewards": {"requirement_soft": 1}}}, "did you mean 'requirements_soft'"),
        ({"editor": {"rewards": {}}}, "nothing to learn from"),
        ({"editor": {"rewards": {"requirements_soft": 0}}}, "nothing to learn from: rewards"),
        ({"editor": {"credit": {"over": "trajectory", "trajectory": {}}}}, "nothing to learn from: trajectory"),
        (
            {"editor": {"credit": {"over": "trajectory", "trajectory": {"retention": 1}}}},
            "nothing to learn from: no retention",
        ),
        ({"editor": {"reward_server": {"url": "tcp://h"}}}, r"editor\.reward_server\.url: .*http"),
        ({"evaluation": {"judge": {"server": {"url": "http://h:port/"}}}}, r"evaluation\.judge\.server\.url: .*port"),
        ({"system": {"name": "x", "devise": "cuda"}}, r"system\.devise: unknown key: did you mean 'device'"),
        ({"editor": {"kind": "ode"}}, "no density"),
        ({"editor": {"kind": "cps", "objective": "ratio_norm"}}, "what cps has is none"),
        ({"editor": {"sampling_steps": 4, "window_size": 4}}, "window of 4 steps does not fit 4"),
        ({"editor": {"credit": {"combine": "gdpo", "floor": True}}}, "gdpo"),
        ({"evaluation": {"judge": {}}}, "a checkpoint or a server"),
        ({"structures": ["betwen"]}, "unknown structure 'betwen': did you mean 'between'"),
        ({"structures": ["between"], "prompts": "mine"}, "those of mine are as they are written"),
    ],
)
def test_a_mistake_is_named(tmp_path, content, problem):
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump({"name": "mine", **content}))
    with pytest.raises(UsageError, match=problem) as caught:
        load_config(path)
    assert all("run.yaml:" in line for line in str(caught.value).splitlines())  # a line for each problem


def test_of_a_system_that_is_wrong_the_first_fault_is_named_and_not_that_it_is_no_name():
    whole = load_config("editor-kontext").system.model_dump()
    assert Config(name="mine", system=whole).preset().name == "flux"
    with pytest.raises(ValidationError, match=r"system\.loop\.threshold") as caught:
        Config(name="mine", system={**whole, "loop": {"threshold": 2}})
    assert "valid string" not in str(caught.value)


def test_diffusion_nft_draws_by_ode_whatever_the_kind_of_its_noise():
    assert EditorTraining(kind="ode", objective="nft").objective == "nft"


@pytest.mark.parametrize("content", ["name: [", "- a", "", "name: 2026-13-45", "name: a\nname: b"])
def test_a_file_that_is_no_config(tmp_path, content):
    (tmp_path / "run.yaml").write_text(content)
    with pytest.raises(UsageError, match=r"run\.yaml:\d: "):
        load_config(tmp_path / "run.yaml")


@pytest.mark.parametrize("phase", ["actor", "editor"])
def test_a_rank_of_ones_own_keeps_the_named_layers(phase):
    config = Config.model_validate({"name": "mine", phase: {"lora": {"rank": 4}}})
    assert getattr(config, phase).lora.targets == getattr(Config(name="usual"), phase).lora.targets


def test_an_override_that_is_wrong_is_not_blamed_on_the_file(tmp_path):
    (tmp_path / "run.yaml").write_text("name: mine")
    assert load_config(tmp_path / "run.yaml", {"rl": "none"}).rl == "none"
    with pytest.raises(UsageError, match=r"^rl: .*'both', not 'bogus'$"):
        load_config(tmp_path / "run.yaml", {"rl": "bogus"})


def test_a_config_may_be_named_as_one_likes(tmp_path):
    (tmp_path / "mine.cfg").write_text("name: mine")
    assert load_config(tmp_path / "mine.cfg").name == "mine"
    with pytest.raises(UsageError, match=r"other\.cfg: there is no such file"):
        load_config(tmp_path / "other.cfg")


def test_layers_must_be_named(tmp_path):
    (tmp_path / "run.yaml").write_text("name: mine\neditor: {lora: {targets: []}}")
    with pytest.raises(UsageError, match=r"editor\.lora\.targets"):
        load_config(tmp_path / "run.yaml")


def test_an_unknown_preset_suggests_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'editor-shapes'"):
        load_config("editor-shape")


def test_phases_alternate_after_so_many_steps():
    config = Config(name="both", alternate=2)
    assert [config.phase_at("actor", step) for step in range(5)] == ["actor", "actor", "editor", "editor", "actor"]
    assert Config(name="one").phases("editor") == ("editor",)


def test_the_plan_counts_what_a_step_does():
    config = Config(name="x", editor={"groups": 2, "group_size": 8, "true_cfg": 2.0, "beta": 0.01, "sampling_steps": 6})
    found = plan(config, "editor", config.preset())
    assert (found.edits, found.drawn_evals, found.trained_evals) == (16, 16 * 2 * 6, 16 * 2 * 2 * 2)
    told = Config(name="x", actor={"groups": 2, "group_size": 8, "edits": 2, "optimiser": {"epochs": 2}})
    found = plan(told, "actor", told.preset())
    assert (found.completions, found.edits, found.updates) == (16, 32, 2)


def test_the_expected_time_is_of_all_rounds_and_the_least():
    told = Config(name="x", editor={"groups": 4, "group_size": 8, "batch_size": 16, "rounds": 3})
    lines = plan(told, "editor", told.preset()).lines(told, steps=60, batch_seconds=10.0)
    assert "expected: at least 60 s a step, 1.0 h in all (10.0 s a batch)" in lines
