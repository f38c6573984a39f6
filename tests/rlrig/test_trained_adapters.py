"""`rl`: trained adapters go on where they are asked for, change nothing while they are zero, and never the Checker."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from rlrig.backends.bases import note_base
from rlrig.backends.flow import KontextEditor
from rlrig.backends.load import open_editor, require_trained
from rlrig.backends.vlm import VLM
from rlrig.grpo.bundle import bundle
from rlrig.grpo.config import KONTEXT_TARGETS, LANGUAGE_TARGETS
from rlrig.grpo.export import save_editor_lora
from rlrig.grpo.flow_policy import KontextPolicy
from rlrig.grpo.token_policy import ActorPolicy
from rlrig.pipeline import RLRIGPipeline
from rlrig.presets import Trained, load_preset, save_preset
from rlrig_eval import assets
from rlrig_eval.errors import UsageError
from rlrig_eval.scene import parse
from tests.models import untrained

# peft 0.21 asks transformers 5.23 for an attribute by its old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

PROMPT = "a red circle left of a blue square"


def bent(parameters, std: float) -> None:
    """Give the adapter's second factor, which begins at zero, weights of its own."""
    made = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, p in parameters.items():
            if "lora_B" in name:
                p.copy_(std * torch.randn(p.shape, generator=made))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("system")
    untrained.preset(folder)
    preset = load_preset(folder / "untrained.yaml")
    for name, std in (("zero", 0.0), ("bent", 1.0)):
        actor = ActorPolicy.on(VLM.from_pretrained(folder / "vlm"), None, 4, 8, LANGUAGE_TARGETS)
        bent(actor.parameters(), std)
        actor.model.save_pretrained(folder / name / "actor", save_embedding_layers=False)
        editor = KontextPolicy(open_editor(preset), preset.editor.sampling)
        editor.adapt(4, 12, KONTEXT_TARGETS)
        bent(editor.parameters(), 0.3 * std)
        save_editor_lora(editor, folder / name / "editor")
        trained = Trained(actor=str(folder / name / "actor"), editor=str(folder / name / "editor"))
        save_preset(preset.model_copy(update={"trained": trained}), folder / name)
    return folder


def rounds(folder: Path, rl: str) -> list[tuple[str | None, bytes]]:
    """What one prompt comes to: the instruction and the picture of every round."""
    pipe = RLRIGPipeline.from_pretrained(folder, rl, max_edits=1, threshold=0.999)  # nothing satisfies it
    (result,) = pipe([PROMPT], [3])
    return [(r.instruction, image.tobytes()) for r, image in zip(result.trace.rounds, result.images, strict=True)]


def test_adapters_of_zero_change_nothing_and_others_what_they_are_on(root: Path) -> None:
    plain = rounds(root / "zero", "none")
    assert rounds(root / "zero", "both") == plain
    edited, written = rounds(root / "bent", "editor"), rounds(root / "bent", "actor")
    assert edited[1][0] == plain[1][0]  # the Actor is who it was
    assert edited[1][1] != plain[1][1]
    assert written[1][0] != plain[1][0]
    assert [found[0] for found in (edited, written)] == [plain[0]] * 2  # the first picture is the Diffuser's


def test_the_checker_is_the_base_whatever_rl_says(root: Path) -> None:
    pipes = [RLRIGPipeline.from_pretrained(root / "bent", rl) for rl in ("none", "both")]
    asked = [parse(PROMPT).requirements()]
    image = [Image.new("RGB", (64, 64), "red")]
    # It shares the Actor's copy: adapters that are off still stand around its layers, and reorder a float32 sum or two.
    assert np.allclose(pipes[0].checker.check(image, asked), pipes[1].checker.check(image, asked), atol=1e-6)


def test_merged_it_edits_as_it_did_on_top(root: Path) -> None:
    """With its alpha, which is not its rank: a grey level for the rounding of the merge."""
    preset = load_preset(root / "bent")
    on_top = open_editor(preset)
    policy = KontextPolicy(on_top, preset.editor.sampling)
    policy.adapt(4, 12, KONTEXT_TARGETS)
    bent(policy.parameters(), 0.3)
    merged = open_editor(preset.choosing("editor"))
    told = ([Image.new("RGB", (64, 64), "red")], ["add a blue square"], [5])
    one, other = (
        np.asarray(KontextEditor(pipe, preset.editor.sampling).edit(*told)[0], dtype=int) for pipe in (on_top, merged)
    )
    assert np.abs(one - other).max() <= 1


def test_a_trained_adapter_that_is_not_there_is_one_clear_error(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="rl: actor asks for a trained actor"):
        load_preset(root / "untrained.yaml", rl="actor")
    with pytest.raises(UsageError, match="did you mean 'both'"):
        load_preset(root / "bent", rl="bot")
    missing = yaml.safe_load((root / "bent" / "preset.yaml").read_text())
    missing["trained"] = {"actor": "bundled:grpo-never", "editor": str(tmp_path)}
    (tmp_path / "preset.yaml").write_text(yaml.safe_dump(missing))
    with pytest.raises(UsageError, match="there is no bundled:grpo-never; `rlrig grpo actor` trains it"):
        RLRIGPipeline.from_pretrained(tmp_path, "both")
    with pytest.raises(UsageError, match="cannot be put on"):
        RLRIGPipeline.from_pretrained(tmp_path, "editor")


def test_an_adapter_of_other_weights_is_one_clear_error(root: Path, tmp_path: Path) -> None:
    preset = load_preset(root / "bent")
    for part, checkpoint in (("actor", preset.checker.checkpoint), ("editor", preset.editor.checkpoint)):
        shutil.copytree(root / "bent" / part, tmp_path / part)
        note_base(tmp_path / part, checkpoint)
    trained = Trained(actor=str(tmp_path / "actor"), editor=str(tmp_path / "editor"))
    mine = preset.model_copy(update={"trained": trained})
    require_trained(mine.choosing("both"))
    note_base(tmp_path / "actor", preset.editor.checkpoint)
    with pytest.raises(UsageError, match="actor: was trained on other weights"):
        require_trained(mine.choosing("actor"))
    note_base(tmp_path / "editor", preset.editor.checkpoint, merged=str(root / "bent" / "editor"))
    with pytest.raises(UsageError, match="trained on top of another adapter"):
        require_trained(mine.choosing("editor"))
    (tmp_path / "run" / "export").mkdir(parents=True)
    shutil.copytree(tmp_path / "editor", tmp_path / "run" / "export" / "editor-lora")
    (tmp_path / "actor" / "base.json").write_text("{")
    with pytest.raises(UsageError, match=r"base\.json: not valid JSON"):
        require_trained(mine.choosing("actor"))
    with pytest.raises(UsageError, match="trained on top of another adapter"):
        bundle("editor", tmp_path / "run", tmp_path / "checkpoints")


def test_the_bundled_adapters_belong_on_the_bundled_weights() -> None:
    require_trained(load_preset("shapes", rl="both"))
    for name in ("actor", "grpo-actor", "grpo-editor"):
        assert (assets.checkpoint(name) / "base.json").is_file()


def test_a_run_s_export_becomes_a_bundled_checkpoint(root: Path, tmp_path: Path) -> None:
    (tmp_path / "run" / "export").mkdir(parents=True)
    shutil.copytree(root / "bent" / "editor", tmp_path / "run" / "export" / "editor-lora")
    rows = [
        {"kind": "evaluation", "step": 0, "soft": 0.5, "kept": 0.5, "held_out": 0.4},
        {"kind": "step", "phase": "editor", "step": 0, "seconds": 30.0},  # killed here, and resumed
        {"kind": "step", "phase": "editor", "step": 0, "seconds": 90.0},
        {"kind": "evaluation", "step": 1, "soft": None, "kept": None, "held_out": None},  # the Checker said NaN
        {"kind": "evaluation", "step": 1, "soft": 0.6, "kept": 0.6, "held_out": None},
    ]
    (tmp_path / "run" / "log.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = bundle("editor", tmp_path / "run", tmp_path / "checkpoints")
    assert [path.name for path in made.parent.iterdir()] == ["grpo-editor"]
    text = (made / "README.md").read_text()
    assert "- steps: 1," in text
    assert "minutes in steps: 1.5" in text
    assert "| soft | 0.5000 | 0.6000 |" in text
    assert "held_out |" not in text
    preset = load_preset(root / "bent")
    halved = preset.model_copy(update={"trained": Trained(editor=str(made))}).choosing("editor")
    weight = "transformer_blocks.0.attn.to_q.weight"
    plain, merged = (open_editor(p).transformer.state_dict()[weight] for p in (preset, halved))
    assert (merged - plain).abs().max() > 0.01
    with pytest.raises(UsageError, match="was it of phase actor"):
        bundle("actor", tmp_path / "run", tmp_path / "checkpoints")
    shutil.copytree(root / "bent" / "actor", tmp_path / "run" / "export" / "actor")
    with pytest.raises(UsageError, match="no step or no evaluation of phase actor"):
        bundle("actor", tmp_path / "run", tmp_path / "checkpoints")
    assert [path.name for path in made.parent.iterdir() if not path.name.startswith(".")] == ["grpo-editor"]
