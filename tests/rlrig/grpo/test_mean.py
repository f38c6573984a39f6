"""What several runs trained of the editor, as one adapter: their mean, layer by layer, with figures of its own."""

import json
import re
import shutil

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file, save_file

from rlrig.backends.bases import note_base
from rlrig.backends.load import merge, open_editor
from rlrig.grpo import trainer
from rlrig.grpo.bundle import bundle
from rlrig.grpo.config import Config
from rlrig.grpo.export import export
from rlrig.grpo.log import Log
from rlrig.grpo.mean import main, mean
from rlrig.grpo.run import prepare
from rlrig.grpo.system import load_system
from rlrig.presets import load_preset, save_preset
from rlrig_eval.errors import UsageError
from tests.models import untrained

EDITOR = {"groups": 2, "group_size": 2, "batch_size": 2, "sampling_steps": 3, "window_size": 1, "objective": "nft"}
LORA = "pytorch_lora_weights.safetensors"


def config(system, seed=0):
    return Config(
        name="tiny",
        system=str(system),
        seed=seed,
        steps=1,
        draw=6,
        editor={**EDITOR, "credit": {"floor": False}},
        evaluation={"every": 100, "prompts": 6},
    )


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    torch.set_num_threads(1)
    return untrained.preset(tmp_path_factory.mktemp("system"))


def trained(told, out):
    """A run whose adapter changes much more than its one step would."""
    run = prepare(told, "editor", out, load_system(told, "editor"))
    trainer.train(run, Log(out, Console(quiet=True)))
    made = torch.Generator().manual_seed(told.seed)
    with torch.no_grad():
        for p in run.learners["editor"].parameters.values():
            p.copy_(0.1 * torch.randn(p.shape, generator=made))
    export(out / "export", run.system.preset, run.system.phases)
    return out


@pytest.fixture(scope="module")
def runs(preset, tmp_path_factory):
    """Two runs that differ in their seed alone."""
    folder = tmp_path_factory.mktemp("runs")
    return [trained(config(preset, seed), folder / f"seed-{seed}") for seed in (0, 1)]


@pytest.fixture(scope="module")
def averaged(preset, runs, tmp_path_factory):
    """The folder that the mean of the runs was written to."""
    out = tmp_path_factory.mktemp("averaged") / "mean"
    assert mean(runs, config(preset), out, weight=0.75) == out / "export" / "editor-lora"
    return out


def change(preset, adapter):
    """By how much an adapter changes each of the editor's weights."""
    plain, other = (open_editor(load_preset(preset)) for _ in range(2))
    base, put = plain.transformer.state_dict(), merge(other, adapter).transformer.state_dict()
    return {name: put[name] - base[name] for name in base}


def test_every_layer_changes_by_so_much_of_each_runs_change(preset, runs, averaged):
    one, other = (change(preset, run / "export" / "editor-lora") for run in runs)
    assert any(not torch.equal(one[name], other[name]) for name in one)
    for name, found in change(preset, averaged / "export" / "editor-lora").items():
        # The rounding of float32, of weights around 1.
        torch.testing.assert_close(found, 0.75 * (one[name] + other[name]), atol=1e-6, rtol=0)


def test_it_has_figures_of_its_own_and_a_card_that_tells_of_the_runs(averaged, tmp_path):
    log = [json.loads(line) for line in (averaged / "log.jsonl").read_text().splitlines()]
    assert [(row["kind"], row["name"], row["share"], row["steps"]) for row in log[:2]] == [
        ("run", "seed-0", 0.75, 1),
        ("run", "seed-1", 0.75, 1),
    ]
    before, after = log[2:]
    assert (before["step"], after["step"]) == (0, 2)
    assert before["soft"] != after["soft"]
    card = (bundle("editor", averaged, tmp_path / "checkpoints") / "README.md").read_text()
    assert "(`python -m rlrig.grpo.mean`): 0.75 of seed-0 (1 steps), 0.75 of seed-1 (1 steps)" in card
    assert f"| soft | {before['soft']:.4f} | {after['soft']:.4f} |" in card


def test_the_system_that_it_leaves_edits_with_it(averaged):
    left = load_preset(averaged / "export" / "preset.yaml")
    assert (left.rl, left.editor_adapter) == ("editor", str(averaged / "export" / "editor-lora"))


def test_runs_on_top_of_an_adapter_are_added_to_it(preset, averaged, tmp_path):
    below = bundle("editor", averaged, tmp_path / "checkpoints")
    found = json.loads((below / "runs.json").read_text())
    assert [(row["name"], row["share"], row["steps"]) for row in found] == [("seed-0", 0.75, 1), ("seed-1", 0.75, 1)]
    whole = load_preset(preset)
    on_top = whole.model_copy(update={"trained": whole.trained.model_copy(update={"editor": str(below)})})
    save_preset(on_top, tmp_path / "on-top")
    told = config(tmp_path / "on-top" / "preset.yaml").model_copy(update={"rl": "editor"})
    third = trained(told.model_copy(update={"seed": 2}), tmp_path / "seed-2")
    added = mean([third], told, tmp_path / "added", weight=0.5)
    first, own, both = (change(preset, adapter) for adapter in (below, third / "export" / "editor-lora", added))
    assert any(own[name].any() for name in own)
    for name, changed in both.items():
        # The rounding of float32, of weights around 1.
        torch.testing.assert_close(changed, first[name] + 0.5 * own[name], atol=1e-6, rtol=0)
    rows = [json.loads(line) for line in (tmp_path / "added" / "log.jsonl").read_text().splitlines()]
    summed = [(row["name"], row["share"], row["steps"]) for row in rows if row["kind"] == "run"]
    assert summed == [("seed-0", 0.75, 1), ("seed-1", 0.75, 1), ("seed-2", 0.5, 1)]
    plain = [json.loads(line) for line in (averaged / "log.jsonl").read_text().splitlines()][2]
    assert {**rows[3], "seconds": 0} == {**plain, "seconds": 0}  # before any of them
    assert bundle("editor", tmp_path / "added", tmp_path / "anew").is_dir()  # whole by itself
    with pytest.raises(UsageError, match=f"was not trained on top of {re.escape(str(below))}, but of no other adapter"):
        mean([averaged], told, tmp_path / "other")
    (below / "runs.json").unlink()
    with pytest.raises(UsageError, match=r"which runs it is of is not known .runs.json: .*grpo\.bundle` notes it"):
        mean([third], told, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_what_cannot_be_averaged_is_one_clear_error(preset, runs, tmp_path):
    with pytest.raises(UsageError, match="holds no export/editor-lora: has the run ended"):
        mean([runs[0], tmp_path], config(preset), tmp_path / "mean")
    with pytest.raises(UsageError, match="holds no export/editor-lora"):
        main([str(tmp_path), "--out", str(tmp_path / "mean")])
    assert not (tmp_path / "mean").exists()
    with pytest.raises(UsageError, match="is named twice"):
        mean([runs[0], *runs], config(preset), tmp_path / "mean")
    with pytest.raises(UsageError, match="holds a run already"):
        mean(runs, config(preset), runs[0])
    odd = tmp_path / "odd"
    shutil.copytree(runs[1], odd)
    adapter = odd / "export" / "editor-lora"
    tensors = load_file(adapter / LORA)
    note_base(adapter, load_preset(preset).checker.checkpoint)
    with pytest.raises(UsageError, match="was trained on other weights"):
        mean([runs[0], odd], config(preset), tmp_path / "mean")
    note_base(adapter, load_preset(preset).editor.checkpoint)
    save_file(dict(list(tensors.items())[2:]), adapter / LORA)
    with pytest.raises(UsageError, match="has other layers, or another alpha over rank, than"):
        mean([runs[0], odd], config(preset), tmp_path / "mean")
    (adapter / LORA).write_bytes(b"nothing")
    with pytest.raises(UsageError, match="cannot be read"):
        mean([runs[0], odd], config(preset), tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
