"""Both phases from start to end on an untrained system of the bundled size, cut, resumed, exported and stopped."""

import itertools
import json

import numpy as np
import pytest
import torch
import yaml
from rich.console import Console
from typer.testing import CliRunner
from werkzeug import Response

from rlrig.backends.flow import KontextEditor
from rlrig.backends.vlm import VLM, VLMActor
from rlrig.cli import app
from rlrig.grpo import checkpoint, trainer
from rlrig.grpo.command import start
from rlrig.grpo.config import Config
from rlrig.grpo.evaluation import evaluate
from rlrig.grpo.export import export
from rlrig.grpo.flow_policy import KontextPolicy
from rlrig.grpo.log import Log
from rlrig.grpo.run import identity, prepare
from rlrig.grpo.starts import dev_prompts, suite_prompts
from rlrig.grpo.system import load_system
from rlrig.grpo.token_policy import ActorPolicy
from rlrig.instructions.proposals import proposals
from rlrig.pipeline import RLRIGPipeline
from rlrig.presets import load_preset
from rlrig_eval.errors import RunError, UsageError
from rlrig_eval.scene import parse
from rlrig_eval.shapes import SEEN, split
from rlrig_eval.shapes.vocabulary import UNSEEN
from tests.models import untrained

pytestmark = [
    # peft 0.21 asks transformers 5.23 for an attribute by its old name.
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),
    # torch says once that a norm of float32 weights on bfloat16 is not its fastest.
    pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight:UserWarning"),
]

SIZES = {"groups": 2, "group_size": 2, "batch_size": 2, "beta": 0.01, "optimiser": {"lr": 1e-3}}
EDITOR = {**SIZES, "sampling_steps": 3, "window_size": 1, "credit": {"floor": False}}
ACTOR = {**SIZES, "max_tokens": 6, "credit": {"floor": False}, "rewards": {"requirements_soft": 1, "length": 0.1}}
EVALUATION = {"every": 100, "prompts": 6}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    torch.set_num_threads(1)
    return untrained.preset(tmp_path_factory.mktemp("system"))


def made(preset, out, first, steps=2, editor=EDITOR, actor=ACTOR, evaluation=EVALUATION, **options):
    config = Config(
        name="tiny",
        system=str(preset),
        steps=steps,
        draw=6,
        editor=editor,
        actor=actor,
        evaluation=evaluation,
        **options,
    )
    return prepare(config, first, out, load_system(config, first))


def trained(run, resume=False):
    trainer.train(run, Log(run.out, Console(quiet=True)), resume)
    return {name: value.clone() for learner in run.learners.values() for name, value in learner.parameters.items()}


def rows(run, kind="step"):
    lines = map(json.loads, (run.out / "log.jsonl").read_text().splitlines())
    return [line for line in lines if line["kind"] == kind]


@pytest.mark.parametrize("first", ["actor", "editor"])
def test_a_run_that_was_cut_in_two_is_the_run_bit_for_bit(first, preset, tmp_path):
    straight = made(preset, tmp_path / "straight", first)
    trained(straight)
    trained(made(preset, tmp_path / "cut", first, steps=1))
    resumed = made(preset, tmp_path / "cut", first)
    trained(resumed, resume=True)
    assert_equal_but_for_evaluations(straight, resumed)
    steps = rows(straight)
    assert [row["step"] for row in steps] == [0, 1]
    assert steps[0]["left"] > steps[1]["left"] == 0
    assert all(np.isfinite(row["reward"]) for row in steps)
    assert steps[0]["ratio" if first == "actor" else "ratio_0"] == pytest.approx(1, abs=1e-5)
    assert any(row["updates"] for row in steps)
    moved = (straight.out / "export").rename(tmp_path / "moved")
    system = RLRIGPipeline.from_pretrained(moved)
    assert system.preset.editor.checkpoint.endswith("editor")
    if first == "editor":
        assert merged_equals_adapted(straight, system)
    louder = resumed.config.editor.model_copy(update={"noise": 0.5})
    resumed.config = resumed.config.model_copy(update={"editor": louder})
    with pytest.raises(UsageError, match=r"of another run: editor\.noise was 0\.7, and is 0\.5 now"):
        trained(resumed, resume=True)


def assert_equal_but_for_evaluations(straight, resumed):
    """A run that was cut was also evaluated where it was cut."""
    states = [checkpoint.load(checkpoint.newest(r.out / "checkpoints"), identity(r)) for r in (straight, resumed)]
    for part in ("identity", "step", "learners", "source", "rng"):
        assert the_same(*(state[part] for state in states)), part


def the_same(one, other):
    """Nested states, to the last bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(the_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(the_same, one, other))
    return one == other


@pytest.mark.parametrize("first", ["actor", "editor"])
def test_in_mixed_precision_a_replay_is_the_rollout_and_a_cut_run_is_the_whole_one(
    first, preset, tmp_path, monkeypatch
):
    monkeypatch.setattr("rlrig.precision.has_bfloat16", lambda device: True)
    monkeypatch.setattr(trainer, "export", lambda *_: None)
    options = {"mixed_precision": "bf16", "visits": 2}
    straight = made(preset, tmp_path / "straight", first, **options)
    assert trainer.self_check(straight, first) <= trainer.RATIO_ROOM[first]
    weights = trained(straight)
    trained(made(preset, tmp_path / "cut", first, steps=1, **options))
    resumed = made(preset, tmp_path / "cut", first, **options)
    trained(resumed, resume=True)
    assert_equal_but_for_evaluations(straight, resumed)
    assert all(value.dtype == torch.float32 for value in weights.values())


def test_in_mixed_precision_the_editor_multiplies_in_bfloat16_and_the_checker_as_ever(preset, tmp_path, monkeypatch):
    monkeypatch.setattr("rlrig.precision.has_bfloat16", lambda device: True)
    run = made(preset, tmp_path, "editor", steps=1, mixed_precision="bf16")
    used = {"editor": set(), "checker": set()}

    def watch(layer, who):
        layer.register_forward_hook(lambda module, given, made: used[who].add(made.dtype))

    watch(run.system.editor.pipeline.transformer.x_embedder, "editor")
    watch(run.system.checker.vlm.model.lm_head, "checker")
    trainer.train_step(run)
    assert used == {"editor": {torch.bfloat16}, "checker": {torch.float32}}


def test_a_start_whose_group_taught_something_is_tried_again(preset, tmp_path):
    run = made(preset, tmp_path, "editor", visits=2)
    count = run.config.editor.groups
    run.source.peek(count)
    while len(run.source.buffer) > count:
        run.source.buffer.take(1)  # so that those of one step are left
    begun = run.source.buffer.peek(count)
    assert trainer.train_step(run)["zero_variance"] == 0
    assert [start.image for start in run.source.buffer.peek(count)] == [start.image for start in begun]


def test_a_system_that_was_changed_in_between_does_not_go_on(preset, tmp_path):
    """Its threshold decides which pictures are started from, and a preset that is named by its path may be edited."""
    mine = tmp_path / "mine.yaml"
    mine.write_text(preset.read_text())
    trained(made(mine, tmp_path / "run", "editor", steps=1))
    changed = yaml.safe_load(preset.read_text())
    changed["loop"] = {**changed.get("loop", {}), "threshold": 0.9}
    mine.write_text(yaml.safe_dump(changed))
    with pytest.raises(UsageError, match=r"of another run: system\.loop\.threshold"):
        trained(made(mine, tmp_path / "run", "editor"), resume=True)


@pytest.mark.parametrize("first", ["actor", "editor"])
def test_actor_and_editor_are_told_what_the_loop_tells_them(first, preset, tmp_path, monkeypatch):
    told, read = [], []

    def counted(of):
        return lambda self, images, prompts, failed, *more: (
            told.extend(map(len, failed)) or of(self, images, prompts, failed, *more)
        )

    def watched(of):
        return lambda self, images, texts, *more: read.extend(texts) or of(self, images, texts, *more)

    monkeypatch.setattr(VLMActor, "write", counted(VLMActor.write))
    monkeypatch.setattr("rlrig.grpo.token_policy.ask_repair", lambda prompt, failed: told.append(len(failed)) or prompt)
    monkeypatch.setattr(KontextEditor, "edit", watched(KontextEditor.edit))
    monkeypatch.setattr(KontextPolicy, "encode", watched(KontextPolicy.encode))
    mine = tmp_path / "mine.yaml"
    once = yaml.safe_load(preset.read_text())
    once["loop"] = {**once.get("loop", {}), "at_once": 1, "say": "{prompt}: {instruction}", "threshold": 0.95}
    mine.write_text(yaml.safe_dump(once))
    run = made(mine, tmp_path / "run", first)
    assert any(len(start.view.failed) > 1 for start in run.source.peek(2))
    trainer.train_step(run)
    evaluate(run.system, run.source.peek(2), 0)
    assert set(told) == {1}
    asked = {text.split(": ")[0] for text in read}
    assert asked >= {start.prompt for start in run.source.peek(2)}
    assert all(": " in text for text in read)
    if first == "editor":
        trainer.self_check(run, first)  # a replay reads the same


def test_an_exported_actor_is_held_to_the_sentences_and_the_length_it_was_trained_with(preset, tmp_path):
    mine = tmp_path / "mine.yaml"
    held = yaml.safe_load(preset.read_text())
    held["actor"] = {**held.get("actor", {}), "sentences": "shapes"}
    mine.write_text(yaml.safe_dump(held))
    run = made(mine, tmp_path / "run", "actor")
    left = load_preset(export(tmp_path / "export", run.system.preset, run.system.phases))
    assert (left.actor.sentences, left.actor.max_tokens) == ("shapes", ACTOR["max_tokens"])


def test_an_editor_that_was_shrunk_for_training_is_merged_whole(preset, tmp_path):
    """The library that shrinks is not needed for it, nor is what was shrunk shrunk again when it is loaded."""
    run = made(preset, tmp_path / "run", "editor")
    own = run.system.preset
    sampling = own.editor.sampling.model_copy(update={"quantise": "torchao"})
    shrunk = own.model_copy(update={"editor": own.editor.model_copy(update={"sampling": sampling})})
    left = load_preset(export(tmp_path / "export", shrunk, run.system.phases))
    assert left.editor.sampling.quantise == "torchao"
    index = json.loads((tmp_path / "export" / "editor" / "transformer" / "config.json").read_text())
    assert "quantization_config" not in index


def test_a_judge_is_loaded_in_the_precision_of_the_checker(preset, tmp_path, monkeypatch):
    opened, opening = [], VLM.from_pretrained.__func__

    def watched(cls, *source, **options):
        opened.append(opening(cls, *source, **options))
        return opened[-1]

    monkeypatch.setattr(VLM, "from_pretrained", classmethod(watched))
    mine = tmp_path / "mine.yaml"
    half = yaml.safe_load(preset.read_text())
    half["checker"]["dtype"] = "bfloat16"
    mine.write_text(yaml.safe_dump(half))
    load_system(judged(mine, "bundled:judge"), "editor")
    assert [vlm.model.dtype for vlm in opened].count(torch.bfloat16) == len(opened) > 1


def judged(system, judge):
    return Config(name="tiny", system=str(system), evaluation={"judge": {"checkpoint": judge}})


def test_the_checker_itself_is_no_held_out_judge(preset):
    """It would never fall while the reward climbs."""
    checker = load_preset(preset).checker.checkpoint
    with pytest.raises(UsageError, match=r"evaluation\.judge\.checkpoint: .* the weights of the Checker"):
        load_system(judged(preset, checker), "editor")


@pytest.mark.parametrize(
    ("part", "settings", "problem"),
    [
        ("diffuser", {"size": 128}, "draws at 128 pixels and the editor at 64"),
        ("editor", {"offload": "model"}, r"editor\.sampling\.offload"),
        ("editor", {"denoiser": "mine.safetensors"}, r"editor\.sampling\.denoiser"),
        ("editor", {"arguments": {"prompt_2": "a drawing"}}, "rollouts do not know prompt_2"),
    ],
)
def test_a_system_that_cannot_be_trained_is_refused_before_anything_is_loaded(
    part, settings, problem, preset, tmp_path
):
    mine = tmp_path / "mine.yaml"
    changed = yaml.safe_load(preset.read_text())
    changed[part] = {**changed[part], "sampling": {**changed[part]["sampling"], **settings}}
    mine.write_text(yaml.safe_dump(changed))
    with pytest.raises(UsageError, match=problem):
        made(mine, tmp_path / "run", "editor")


def test_a_checker_on_a_server_is_refused_and_not_loaded_here_instead(preset, tmp_path):
    mine = tmp_path / "mine.yaml"
    changed = yaml.safe_load(preset.read_text())
    changed["checker"]["server"] = "http://here:8000/v1"
    mine.write_text(yaml.safe_dump(changed))
    with pytest.raises(UsageError, match=r"checker\.server: the Checker that rewards is loaded here"):
        made(mine, tmp_path / "run", "editor")


@pytest.mark.parametrize("suite", ["spatial", "spatial:dev", "spatial-objects"])
def test_prompts_that_measure_are_not_trained_on(suite):
    with pytest.raises(UsageError, match="measures what was trained"):
        suite_prompts(suite, 0)


def own_suite(folder, *texts):
    (folder / "suite.yaml").write_text(yaml.safe_dump({"name": "mine", "version": "1", "world": "shapes"}))
    rows = [
        {"id": f"mine-{n}", "text": text, "graph": parse(text).model_dump(mode="json"), "group": str(n)}
        for n, text in enumerate(texts)
    ]
    (folder / "prompts.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return str(folder)


def worded(bucket, pairings):
    """A prompt of the bucket with the pairings."""
    for one, other in itertools.product(pairings, SEEN):
        text = f"a {' '.join(one)} left of a {' '.join(other)}"
        if one != other and split(parse(text)) == bucket:
            return text
    raise AssertionError(bucket)


def test_a_suite_of_one_s_own_is_trained_on_unless_it_holds_what_measures(tmp_path):
    fit = worded("train", SEEN)
    assert suite_prompts(own_suite(tmp_path, fit), 0)(3)[0] == fit
    for text in (worded("test", SEEN), worded("train", sorted(UNSEEN))):
        with pytest.raises(UsageError, match=r"1 of 2 are of the dev or test bucket, or of a pairing .*mine-1"):
            suite_prompts(own_suite(tmp_path, fit, text), 0)


def test_a_suite_of_one_s_own_counts_as_it_says(tmp_path):
    folder = own_suite(tmp_path, worded("train", SEEN))
    assert suite_prompts(folder, 0)(0).counting == "exact"
    (tmp_path / "suite.yaml").write_text(
        yaml.safe_dump({"name": "mine", "version": "1", "world": "shapes", "counting": "at_least"})
    )
    assert suite_prompts(folder, 0)(0).counting == "at_least"


def test_weights_are_not_chosen_by_what_they_are_measured_on(preset, tmp_path):
    for suite in ("spatial", "spatial-objects", own_suite(tmp_path, worded("test", SEEN))):
        with pytest.raises(UsageError, match="take spatial:dev"):
            dev_prompts(suite, 3)
    assert len(dev_prompts("spatial:dev", 3)) == 3


def merged_equals_adapted(run, system):
    """The exported pipeline edits as the adapter does, up to rounding of the merge."""
    picture = run.source.peek(1)[0].image
    told = ([picture], ["move the red circle left of the blue square"], [0])
    one, other = (np.asarray(editor.edit(*told)[0], dtype=int) for editor in (run.system.editor, system.editor))
    return np.abs(one - other).max() <= 1


def test_batches_and_accumulation_do_not_change_the_step(preset, tmp_path):
    """The first moment of AdamW after one step is the gradient, times .1: the same sums of float32 in another order."""
    found = []
    for size in (2, 4):
        run = made(preset, tmp_path / str(size), "editor", editor={**EDITOR, "batch_size": size})
        trainer.train_step(run)
        found.append(run.learners["editor"].state()["optimiser"]["state"])
    one, other = found
    assert one.keys() == other.keys()
    assert any(state["exp_avg"].any() for state in one.values())
    for key in one:
        torch.testing.assert_close(one[key]["exp_avg"], other[key]["exp_avg"], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("objective", ["nft", "ratio_norm", "dppo"])
def test_every_objective_takes_a_step_on_the_real_classes(objective, preset, tmp_path):
    """Two rounds, so that a turn begins at what the turn before made; the replay is that of the rollout."""
    run = made(preset, tmp_path, "editor", editor={**EDITOR, "objective": objective, "rounds": 2})
    before = {name: value.clone() for name, value in run.learners["editor"].parameters.items()}
    assert trainer.self_check(run, "editor") <= trainer.RATIO_ROOM["editor"]
    row = trainer.train_step(run)
    assert np.isfinite(row["reward"])
    assert row["updates"] == 1
    if objective == "nft":  # nothing has moved before the first update
        assert row["moved"] == row["from_reference"] == 0
    assert any(not torch.equal(value, before[name]) for name, value in run.learners["editor"].parameters.items())


def test_both_phases_take_turns(preset, tmp_path):
    run = made(preset, tmp_path, "actor", alternate=1)
    trained(run)
    assert [row["phase"] for row in rows(run)] == ["actor", "editor"]
    assert [row["phase"] for row in rows(run, "evaluation")] == ["actor", "editor"]  # of what it comes after
    system = RLRIGPipeline.from_pretrained(tmp_path / "export")
    assert system.preset.actor.adapter.endswith("actor")
    assert system.preset.editor.checkpoint.endswith("editor")


def drift(monkeypatch):
    """From now on the editor answers each time a little otherwise."""
    plain = KontextPolicy.velocity
    calls = []

    def drifting(self, given):
        calls.append(given)
        at = plain(self, given)
        return lambda x, s: at(x, s) + 1e-2 * len(calls)

    monkeypatch.setattr(KontextPolicy, "velocity", drifting)


def test_a_replay_that_is_not_the_rollout_stops_the_run(preset, tmp_path, monkeypatch):
    run = made(preset, tmp_path, "editor")
    assert trainer.self_check(run, "editor") == 0.0
    drift(monkeypatch)
    with pytest.raises(RunError, match="off a ratio of 1"):
        trainer.self_check(run, "editor")


def test_a_phase_whose_turn_comes_later_is_checked_before_the_first_step(preset, tmp_path, monkeypatch):
    run = made(preset, tmp_path, "actor", alternate=1)
    drift(monkeypatch)
    with pytest.raises(RunError, match="replay of the editor's rollout"):
        trained(run)
    assert not rows(run)


def test_a_check_draws_no_more_than_the_next_step_takes(preset, tmp_path):
    """Of the other phase either, or a resumed run would go on from a fuller buffer than one that was never cut."""
    small, large = {**ACTOR, "groups": 1}, {**EDITOR, "batch_size": 4}
    run = made(preset, tmp_path, "actor", actor=small, editor=large, alternate=1)
    (one,) = run.source.take(1)
    run.source.take(len(run.source.buffer))
    run.source.buffer.add([one])
    before = run.source.position
    assert trainer.self_check(run, "editor") <= trainer.RATIO_ROOM["editor"]
    assert run.source.position == before


def test_a_run_that_begins_anew_keeps_nothing_of_one_that_was_killed_before_its_first_checkpoint(
    preset, tmp_path, monkeypatch
):
    monkeypatch.setattr(trainer, "export", lambda *_: None)
    run = made(preset, tmp_path, "editor", steps=1)
    Log(run.out, Console(quiet=True)).evaluation({"step": 0, "kept": 0.5})
    trained(run)
    assert [row["step"] for row in rows(run, "evaluation")] == [0, 1]


def test_the_best_weights_are_found_though_the_first_evaluation_has_no_reward(preset, tmp_path, monkeypatch):
    scores = iter([np.nan, 0.5, np.nan])
    monkeypatch.setattr(
        trainer,
        "evaluate",
        lambda *_: {"edge_density": 0.1, "colour_entropy": 1.0, **dict.fromkeys(("soft", "kept"), next(scores))},
    )
    monkeypatch.setattr(trainer, "export", lambda *_: None)
    run = made(preset, tmp_path, "editor", steps=2, evaluation={"every": 1, "prompts": 6})
    begun = run.learners["editor"].average()
    trained(run)
    best = run.best["editor"]
    assert any(not torch.equal(best[name], begun[name]) for name in begun)


def test_a_dev_picture_is_edited_as_often_as_is_asked(preset, tmp_path, monkeypatch):
    asked = []

    def seen(system, starts, seed):
        asked.append(starts)
        return {"edge_density": 0.1, "colour_entropy": 1.0, "soft": 0.5, "kept": 0.5}

    monkeypatch.setattr(trainer, "evaluate", seen)
    monkeypatch.setattr(trainer, "export", lambda *_: None)
    for edits in (1, 2):
        trained(made(preset, tmp_path / str(edits), "editor", steps=1, evaluation={"prompts": 6, "edits": edits}))
    once, twice = asked[0], asked[-1]
    assert len(twice) == 2 * len(once) > 0
    assert all(one is other for one, other in zip(twice[::2], twice[1::2], strict=True))  # the Actor writes once


def test_a_judge_that_falls_while_the_reward_climbs_stops_the_run_with_an_export(preset, tmp_path, monkeypatch):
    """And again on resuming, before another step."""
    scores = iter([(0.5, 0.5), (0.9, 0.1)])
    quiet = {"edge_density": 0.1, "colour_entropy": 1.0}

    def seen(*_):
        soft, held_out = next(scores)
        return {**quiet, "soft": soft, "kept": soft, "held_out": held_out}

    monkeypatch.setattr(trainer, "evaluate", seen)
    told = {"every": 1, "prompts": 6, "patience": 1}
    problem = r"stopped after 1 steps: the reward rose from 0\.500 to 0\.900 while .* are in .*export"
    for resume in (False, True):
        run = made(preset, tmp_path, "editor", steps=5, evaluation=told)
        with pytest.raises(RunError, match=problem):
            trained(run, resume)
        assert [row["step"] for row in rows(run)] == [0]
        assert load_preset(tmp_path / "export").editor.checkpoint.endswith("editor")


def test_a_reward_server_that_dies_leaves_the_last_checkpoint_from_which_another_goes_on(
    preset, tmp_path, httpserver, monkeypatch
):
    monkeypatch.setattr(trainer, "export", lambda *_: None)
    asked = []

    def living(request):
        outcomes = json.loads(request.data)["outcomes"]
        return Response(json.dumps({"rewards": [0.2 + 0.2 * (i % 2) for i in range(len(outcomes))]}))

    def dying(request):
        asked.append(request)
        batches = EDITOR["groups"] * EDITOR["group_size"] // EDITOR["batch_size"]
        first = 1 + batches  # the evaluation before the first step, and that step
        return living(request) if len(asked) <= first else Response(status=410)

    httpserver.expect_request("/dying").respond_with_handler(dying)
    httpserver.expect_request("/other").respond_with_handler(living)

    def run(path, **more):
        server = {"url": httpserver.url_for(path), **more}
        return made(preset, tmp_path, "editor", editor={**EDITOR, "reward_server": server}, checkpoint_every=1)

    with pytest.raises(RunError, match="dying: answered 410"):
        trained(run("/dying"))
    resumed = run("/other", timeout=5)
    assert checkpoint.load(checkpoint.newest(tmp_path / "checkpoints"), identity(resumed))["step"] == 1
    trained(resumed, resume=True)
    assert [row["step"] for row in rows(resumed)] == [0, 1]
    without = made(preset, tmp_path, "editor")
    with pytest.raises(UsageError, match=r"of another run: editor\.reward_server was"):
        trained(without, resume=True)


def test_the_cost_of_every_phase_is_told_beside_a_run_that_is_there(preset, tmp_path):
    checkpoint.save(tmp_path / "run" / "checkpoints", 3, {"identity": {}}, keep=1)
    told = {"name": "tiny", "system": str(preset), "steps": 5, "alternate": 3, "draw": 6}
    (tmp_path / "run.yaml").write_text(yaml.safe_dump({**told, "actor": ACTOR, "editor": EDITOR}))
    given = ["--config", str(tmp_path / "run.yaml"), "--out", str(tmp_path / "run"), "--dry-run"]
    done = CliRunner().invoke(app, ["grpo", "actor", *given], catch_exceptions=False)
    assert done.exit_code == 0
    begun = [line for line in done.output.splitlines() if line.startswith("tiny")]
    assert begun == ["tiny, phase actor, 3 steps", "tiny, phase editor, 2 steps"]
    assert done.output.count("expected: at least") == 2
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["checkpoints"]


def test_rollouts_are_guided_as_the_system_s_edits_are_unless_it_is_said(preset, tmp_path):
    own, other = (
        made(preset, tmp_path, "editor", editor={**EDITOR, **more}).system.phases["editor"].policy.sampling
        for more in ({}, {"true_cfg": 1.0})
    )
    assert (own.true_cfg, own.steps, other.true_cfg) == (untrained.SAMPLING["true_cfg"], 3, 1.0)


def test_an_actor_that_is_held_to_sentences_is_sampled_among_them(preset, tmp_path):
    mine = tmp_path / "mine.yaml"
    held = yaml.safe_load(preset.read_text())
    held["actor"], held["loop"] = {"sentences": "shapes"}, {"at_once": 1, "threshold": 0.95}
    mine.write_text(yaml.safe_dump(held))
    run = made(mine, tmp_path / "run", "actor", actor={**ACTOR, "max_tokens": 24})
    assert trainer.self_check(run, "actor") <= trainer.RATIO_ROOM["actor"]
    phase, starts = run.system.phases["actor"], run.source.peek(2)
    turn = phase.rollout(starts, torch.tensor([0, 1]), 3, ())
    allowed = [proposals(one.prompt, one.view.surest(1)) for one in starts]
    assert any(allowed)
    assert all(not may or text in may for may, text in zip(allowed, turn.record.written.texts, strict=True))


def test_a_replay_of_another_question_stops_the_run(preset, tmp_path, monkeypatch):
    run = made(preset, tmp_path, "actor")
    assert trainer.self_check(run, "actor") <= trainer.RATIO_ROOM["actor"]
    asking, calls = ActorPolicy.read, []

    def forgetful(self, images, prompts, failed):
        calls.append(prompts)
        return asking(self, images, prompts if len(calls) == 1 else [f"{text} {text}" for text in prompts], failed)

    monkeypatch.setattr(ActorPolicy, "read", forgetful)
    with pytest.raises(RunError, match="off a ratio of 1"):
        trainer.self_check(run, "actor")


@pytest.mark.parametrize(
    ("phase", "config", "device", "resume", "problem"),
    [
        ("editer", None, None, False, "did you mean 'editor'"),
        ("editor", "editor-shape", None, False, "did you mean 'editor-shapes'"),
        ("editor", None, None, True, "no checkpoint to resume"),
        ("editor", None, "cuda:1", False, "CUDA_VISIBLE_DEVICES=1 before the command"),
        ("editor", None, "gpu", False, "device gpu: torch has none of that name"),
    ],
)
def test_a_mistake_is_found_before_anything_is_loaded(phase, config, device, resume, problem, tmp_path):
    with pytest.raises(UsageError, match=problem):
        start(phase, config, {"device": device}, tmp_path / "run", resume)


def test_a_folder_with_a_run_is_not_written_over(tmp_path):
    checkpoint.save(tmp_path / "checkpoints", 3, {"identity": {}}, keep=1)
    with pytest.raises(UsageError, match="--resume"):
        start("editor", None, {}, tmp_path)


def test_an_ode_rollout_is_the_picture_of_the_pipeline(preset, tmp_path):
    from rlrig.grpo.trajectory import sample

    run = made(preset, tmp_path, "editor")
    policy, picture = run.system.phases["editor"].policy, run.source.peek(1)[0].image
    given, (first, none) = policy.encode([picture], ["add a red circle"]), policy.noise([5], 0)
    latents = sample(policy.velocity(given), first, policy.sigmas(), (), none, "ode", 0.0).final
    (theirs,) = KontextEditor(policy.pipeline, policy.sampling).edit([picture], ["add a red circle"], [5])
    (ours,) = policy.decode(latents)
    assert np.abs(np.asarray(ours, dtype=int) - np.asarray(theirs, dtype=int)).max() <= 1
