"""Diffuser and editor on real FLUX pipelines of the bundled size, with random weights."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import FluxKontextPipeline, FluxPipeline
from PIL import Image

from rlrig.backends.flow import FlowDiffuser, KontextEditor
from rlrig.bundled.recipes import vae
from rlrig.bundled.training.flow import (
    EDIT_TOKENS,
    TEXT_TOKENS,
    TextToVelocity,
    cell,
    decode,
    encode,
    flow_matching,
    load_vae,
    pack,
    picture_tokens,
    save,
    tokenise,
)
from rlrig.bundled.training.tokens import tokenizer
from rlrig.precision import has_bfloat16
from rlrig.presets import RoleSampling
from rlrig_eval import assets
from rlrig_eval.errors import UsageError
from tests.pipelines import families

SAMPLING = RoleSampling(steps=3, true_cfg=2.0, size=64, max_sequence_length=TEXT_TOKENS, batch_size=4, dtype="float32")
PROMPTS = ["a red circle", "a red circle left of a blue square", "two black stars", "a green ring", "a blue cross"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("flow")
    autoencoder = vae.build()
    autoencoder.register_to_config(scaling_factor=1.0, shift_factor=0.0)
    model = TextToVelocity(32)
    save(FluxPipeline, model, autoencoder, root / "diffuser")
    save(FluxKontextPipeline, model, autoencoder, root / "editor")
    return root


@pytest.fixture(scope="module")
def diffuser(folder: Path) -> FlowDiffuser:
    return FlowDiffuser.from_pretrained(folder / "diffuser", SAMPLING)


@pytest.fixture(scope="module")
def editor(folder: Path) -> KontextEditor:
    return KontextEditor.from_pretrained(folder / "editor", SAMPLING)


def furthest(a: Image.Image, b: Image.Image) -> int:
    return int(np.abs(np.asarray(a, dtype=int) - np.asarray(b, dtype=int)).max())


def test_the_same_prompt_and_seed_give_the_same_picture_in_any_batch(diffuser: FlowDiffuser) -> None:
    together = diffuser.draw(PROMPTS, range(5))
    for index, picture in enumerate(together):
        (alone,) = diffuser.draw([PROMPTS[index]], [index])
        assert furthest(alone, picture) <= 1  # floating point: a matrix product depends on its batch


def test_another_seed_gives_another_picture(diffuser: FlowDiffuser) -> None:
    one, other = diffuser.draw([PROMPTS[0]] * 2, [0, 1])
    assert furthest(one, other) > 10


def test_an_edit_is_the_same_in_any_batch_and_keeps_the_size(editor: KontextEditor, diffuser: FlowDiffuser) -> None:
    pictures = diffuser.draw(PROMPTS, range(5))
    instructions = ["move the red circle left of the blue square"] * 5
    together = editor.edit(pictures, instructions, range(5))
    (alone,) = editor.edit(pictures[3:4], instructions[:1], [3])
    assert together[3].size == (64, 64)
    assert furthest(alone, together[3]) <= 1


def test_an_edit_has_the_size_of_what_it_was_made_of(editor: KontextEditor, diffuser: FlowDiffuser) -> None:
    (picture,) = diffuser.draw(PROMPTS[:1], [0])
    (edited,) = editor.edit([picture.resize((96, 48))], ["add a red circle"], [0])
    assert edited.size == (96, 48)


def test_the_edit_sees_the_picture(editor: KontextEditor) -> None:
    white, black = Image.new("RGB", (64, 64), "white"), Image.new("RGB", (64, 64), "black")
    of_white, of_black = editor.edit([white, black], ["remove a red circle"] * 2, [0, 0])
    assert furthest(of_white, of_black) > 1  # more than a rounding, though random weights look at it but faintly


def test_an_editor_is_opened_with_all_that_its_settings_say_of_loading(folder: Path) -> None:
    shifted = SAMPLING.model_copy(update={"scheduler_options": {"shift": 2.0, "use_dynamic_shifting": False}})
    scheduler = KontextEditor.from_pretrained(folder / "editor", shifted).pipeline.scheduler
    assert (scheduler.config.shift, scheduler.config.use_dynamic_shifting) == (2.0, False)
    with pytest.raises(UsageError, match="nothing to offload from on a CPU"):
        KontextEditor.from_pretrained(folder / "editor", SAMPLING.model_copy(update={"offload": "model"}))


def test_guidance_doubles_the_cost(folder: Path) -> None:
    plain = SAMPLING.model_copy(update={"true_cfg": 1.0})
    assert FlowDiffuser.from_pretrained(folder / "diffuser", SAMPLING).evals_per_image == 6
    assert FlowDiffuser.from_pretrained(folder / "diffuser", plain).evals_per_image == 3


def missing(root: Path) -> Path:
    return root / "nowhere"


def truncated(root: Path) -> Path:
    path = root / "diffuser" / "transformer" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    return root / "diffuser"


@pytest.mark.parametrize("damage", [missing, truncated])
def test_a_checkpoint_that_cannot_be_read_is_one_line(
    damage: Callable[[Path], Path], folder: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(folder / "diffuser", tmp_path / "diffuser")
    with pytest.raises(UsageError) as caught:
        FlowDiffuser.from_pretrained(damage(tmp_path), SAMPLING)
    assert "\n" not in str(caught.value)


def test_training_and_the_pipeline_condition_alike(folder: Path) -> None:
    """One Euler step of the pipeline from noise is the module's own velocity: nothing is fed differently."""
    pipeline = FluxPipeline.from_pretrained(folder / "diffuser", dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    model = TextToVelocity.from_checkpoint(folder / "diffuser")
    made = pipeline(
        prompt=PROMPTS[1],
        height=64,
        width=64,
        num_inference_steps=1,
        max_sequence_length=TEXT_TOKENS,
        generator=torch.Generator().manual_seed(5),
        output_type="latent",
    ).images
    noise = torch.randn(1, 8, 16, 16, generator=torch.Generator().manual_seed(5))
    start = pack(noise)
    with torch.no_grad():
        velocity = model(start, torch.ones(1), tokenise([PROMPTS[1]], tokenizer(TEXT_TOKENS)))
    assert torch.allclose(start - velocity, made, atol=1e-4)  # float32 through six blocks


@pytest.mark.parametrize("text", ["add a red ring", ", ".join([PROMPTS[1]] * 5)], ids=["short", "over CLIP's length"])
def test_training_and_the_editing_pipeline_condition_alike(text: str, folder: Path) -> None:
    pipeline = FluxKontextPipeline.from_pretrained(folder / "editor", dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    model, autoencoder = TextToVelocity.from_checkpoint(folder / "editor"), load_vae(folder / "editor" / "vae", "cpu")
    picture = vae._picture(np.random.default_rng(0))
    made = pipeline(
        image=(picture[None] + 1) / 2,
        prompt=text,
        height=64,
        width=64,
        max_area=64 * 64,
        _auto_resize=False,
        num_inference_steps=1,
        max_sequence_length=EDIT_TOKENS,
        generator=torch.Generator().manual_seed(5),
        output_type="latent",
    ).images
    start = pack(torch.randn(1, 8, 16, 16, generator=torch.Generator().manual_seed(5)))
    tokens = tokenise([text], tokenizer(EDIT_TOKENS), EDIT_TOKENS)
    assert (tokens[0, TEXT_TOKENS:] > 0).any() == (len(text) > 30), "the longer text goes on where CLIP stops reading"
    with torch.no_grad():
        velocity = model(start, torch.ones(1), tokens, encode(autoencoder, picture[None]))
    # Float32 through six blocks, but a processor that has bfloat16 encodes in it, to eight bits.
    assert torch.allclose(start - velocity, made, atol=0.05 if has_bfloat16("cpu") else 1e-4)


def _coarse() -> Any:
    return families.vae((8,) * 4, norm_num_groups=4, shift_factor=0.0)


@pytest.mark.parametrize(
    ("opened", "stride", "shape"),
    [
        (lambda: load_vae(assets.checkpoint("diffuser"), "cpu"), 4, (2, 64, 32)),
        (lambda: load_vae(assets.checkpoint("editor"), "cpu"), 4, (2, 64, 32)),
        (_coarse, 8, (2, 16, 16)),
    ],
    ids=["diffuser", "editor", "coarse"],
)
def test_a_picture_has_a_token_for_every_two_by_two_cells_and_comes_back_in_its_size(
    opened: Callable[[], Any], stride: int, shape: tuple[int, int, int]
) -> None:
    autoencoder = opened()
    latents = encode(autoencoder, torch.zeros(2, 3, 64, 64))
    assert (cell(autoencoder), latents.shape) == (stride, shape)
    assert picture_tokens(autoencoder) == shape[1]
    assert decode(autoencoder, latents).shape == (2, 3, 64, 64)
    model = TextToVelocity(shape[2])
    assert model(latents, torch.ones(2), torch.ones(2, 24, dtype=torch.long)).shape == latents.shape


def test_weights_for_other_latents_keep_what_does_not_touch_them() -> None:
    coarse = TextToVelocity(64)
    for channels in (32, 64):
        other = coarse.for_latents(channels).state_dict()
        changed = {name for name, old in coarse.state_dict().items() if not torch.equal(old, other[name])}
        ends = {"x_embedder.weight", "x_embedder.bias", "proj_out.weight", "proj_out.bias"}
        assert changed == {f"transformer.{end}" for end in ends}


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method`:DeprecationWarning")  # torch's compiler, of torch
def test_compiled_blocks_keep_their_names_and_one_can_still_be_watched() -> None:
    model = TextToVelocity(64)
    names = list(model.state_dict())
    model.compile_blocks()
    assert list(model.state_dict()) == names, "what is saved loads where nothing is compiled"
    blocks = [*model.transformer.transformer_blocks, *model.transformer.single_transformer_blocks]
    assert [block._compiled_call_impl is None for block in blocks] == [False, False, False, True, False, False]
    plain = deepcopy(model)  # as the moving average of training is
    copies = [*plain.transformer.transformer_blocks, *plain.transformer.single_transformer_blocks]
    assert all(block._compiled_call_impl is None for block in copies)


def test_the_loss_falls_on_one_batch(folder: Path) -> None:
    torch.manual_seed(0)
    model = TextToVelocity(32)
    autoencoder = load_vae(folder / "diffuser" / "vae", "cpu")
    pictures = torch.stack([vae._picture(np.random.default_rng(i)) for i in range(4)])
    clean, tokens = encode(autoencoder, pictures), tokenise(PROMPTS[:4], tokenizer(TEXT_TOKENS))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(30):
        loss, _ = flow_matching(model, clean, tokens)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
