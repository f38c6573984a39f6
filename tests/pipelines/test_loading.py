"""How a pipeline is put together: scheduler, adapters, single files, offload; what does not fit is one clear line."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from rlrig_eval.checkpoints import open_pipeline, weights_hash
from rlrig_eval.errors import RunError, UsageError
from rlrig_eval.models import Failure, Job
from rlrig_eval.models.diffusers import DiffusersModel
from rlrig_eval.pipelines import Sampling
from rlrig_eval.pipelines.painter import backing_off
from rlrig_eval.pipelines.quantising import PACKAGES, quantisation
from rlrig_eval.scene import SceneGraph
from tests.pipelines import families, single_file

# peft 0.21 still asks transformers 5.23 for an attribute by its old name.
PEFT = "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"
QUANTO = "ignore:`Quanto(Config|Quantizer)` is deprecated:FutureWarning"  # by diffusers, as of its version 1
pytestmark = [pytest.mark.filterwarnings(one) for one in (families.WARNS, PEFT, QUANTO)]

torch.set_num_threads(1)
JOB = Job("p", "a red circle left of a blue square", SceneGraph(), 0, 5)


@pytest.fixture(scope="module")
def sd15(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return families.save(families.sd15, tmp_path_factory.mktemp("loading") / "sd15")


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return families.save(families.flux, tmp_path_factory.mktemp("loading") / "flux")


def model(folder: Path, **more: Any) -> DiffusersModel:
    given = {"steps": 2, "size": 32, "dtype": "float32", "guidance": 3.0}
    if "flux" in folder.parts:
        given["max_sequence_length"] = 32
    return DiffusersModel(str(folder), Sampling(**{**given, **more}), device="cpu")


def drawn(folder: Path, **more: Any) -> np.ndarray:
    (one,) = model(folder, **more).generate([JOB])
    return np.asarray(one.image, dtype=int)


@cache
def by_default(folder: Path) -> np.ndarray:
    """What it draws as it is, which much is compared with."""
    return drawn(folder)


def refused(folder: Path, **more: Any) -> str:
    with pytest.raises(UsageError) as caught:
        model(folder, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_another_scheduler_is_made_from_the_checkpoints_own(sd15: Path) -> None:
    other = model(sd15, scheduler="EulerDiscreteScheduler", scheduler_options={"timestep_spacing": "trailing"})
    scheduler = other._pipeline.scheduler
    assert type(scheduler).__name__ == "EulerDiscreteScheduler"
    assert (scheduler.config.beta_start, scheduler.config.timestep_spacing) == (0.00085, "trailing")
    assert not np.array_equal(by_default(sd15), np.asarray(other.generate([JOB])[0].image, dtype=int))


def test_options_alone_are_for_the_checkpoints_own_scheduler(flux: Path) -> None:
    options = {"use_dynamic_shifting": False, "shift": 9.0}
    other = model(flux, scheduler_options=options)
    scheduler = other._pipeline.scheduler
    assert (type(scheduler).__name__, scheduler.config.shift) == ("FlowMatchEulerDiscreteScheduler", 9.0)
    assert not np.array_equal(by_default(flux), np.asarray(other.generate([JOB])[0].image, dtype=int))
    assert "did you mean 'shift'" in refused(flux, scheduler_options={"shfit": 9.0})


def test_an_unknown_scheduler_or_pipeline_suggests_the_nearest(sd15: Path) -> None:
    assert "did you mean 'EulerDiscreteScheduler'" in refused(sd15, scheduler="EulerDiscretScheduler")
    assert "did you mean 'StableDiffusionPipeline'" in refused(sd15, pipeline="StableDiffusionPipelin")


def test_a_negative_prompt_changes_the_picture(sd15: Path) -> None:
    assert not np.array_equal(by_default(sd15), drawn(sd15, negative_prompt="a blue square"))


def test_a_setting_that_the_pipeline_does_not_take_is_named(sd15: Path, flux: Path) -> None:
    assert "takes no max_sequence_length" in refused(sd15, max_sequence_length=32)
    assert "takes no mood" in refused(flux, arguments={"mood": "blue"})


@pytest.fixture(scope="module")
def lora(flux: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from diffusers import FluxPipeline, FluxTransformer2DModel
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    transformer = FluxTransformer2DModel.from_pretrained(flux / "transformer")
    torch.manual_seed(0)
    transformer.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    folder = tmp_path_factory.mktemp("lora")
    FluxPipeline.save_lora_weights(folder, transformer_lora_layers=get_peft_model_state_dict(transformer))
    return folder


def test_adapters_are_stacked_with_their_scales(flux: Path, lora: Path) -> None:
    plain = by_default(flux)
    assert np.array_equal(plain, drawn(flux, loras=[{"source": str(lora), "scale": 0.0}]))
    once = drawn(flux, loras=[{"source": str(lora)}])
    halves = drawn(flux, loras=[{"source": str(lora), "scale": 0.5}] * 2)
    assert not np.array_equal(plain, once)
    assert np.abs(once - halves).max() <= 1  # two sums in another order


def test_an_adapter_that_is_not_there_is_named(flux: Path, tmp_path: Path) -> None:
    assert f"LoRA {tmp_path / 'no'}: cannot be loaded" in refused(flux, loras=[{"source": str(tmp_path / "no")}])


def test_a_single_file_takes_the_denoisers_place(flux: Path, tmp_path: Path) -> None:
    weights = load_file(flux / "transformer" / "diffusion_pytorch_model.safetensors")
    save_file(weights, tmp_path / "same.safetensors")
    save_file({name: 1.1 * weight for name, weight in weights.items()}, tmp_path / "other.safetensors")
    assert np.array_equal(by_default(flux), drawn(flux, denoiser=str(tmp_path / "same.safetensors")))
    assert not np.array_equal(by_default(flux), drawn(flux, denoiser=str(tmp_path / "other.safetensors")))
    assert "there is no such file" in refused(flux, denoiser=str(tmp_path / "none.safetensors"))


def test_a_denoiser_in_a_gguf_file_draws_nearly_the_same_picture(flux: Path, tmp_path: Path) -> None:
    """Under the names that diffusers gives its weights: FLUX's first names are read in FLUX's own widths alone."""
    import gguf

    file = tmp_path / "denoiser.gguf"
    writer = gguf.GGUFWriter(file, "flux")
    for name, weight in load_file(flux / "transformer" / "diffusion_pytorch_model.safetensors").items():
        kind = gguf.GGMLQuantizationType.F32
        if weight.ndim == 2 and weight.shape[1] % 32 == 0:  # eight bits a weight, in blocks of 32
            kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(weight.numpy(), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    plain, small = by_default(flux), drawn(flux, denoiser=str(file))
    assert not np.array_equal(plain, small)
    assert np.abs(plain - small).mean() < 8  # of 255: eight bits round a weight by at most .4 % of its block's largest


def test_a_whole_checkpoint_in_a_single_file_draws_the_same_picture(sd15: Path, tmp_path: Path) -> None:
    file = single_file.merged(sd15, tmp_path / "whole.safetensors")
    whole = model(file, pipeline="StableDiffusionPipeline", config=str(sd15))
    (one,) = whole.generate([JOB])
    assert np.array_equal(by_default(sd15), np.asarray(one.image, dtype=int))
    assert whole.settings["weights"] == weights_hash(str(file))


def test_a_single_file_needs_to_be_told_its_class(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert "set pipeline, and config" in refused(tmp_path / "model.safetensors")


def unpickle(*_: Any, **__: Any) -> None:
    raise AssertionError("a pickle was opened")


@pytest.mark.parametrize("suffix", ["ckpt", "bin", "pt", "SAFETENSORS"])
def test_no_pickle_is_loaded_whatever_it_is_given_as(
    flux: Path, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers import FluxPipeline

    file = tmp_path / f"weights.{suffix}"
    torch.save(load_file(flux / "transformer" / "diffusion_pytorch_model.safetensors"), file)
    monkeypatch.setattr(torch, "load", unpickle)
    said = f"{file}: only .safetensors or .gguf is loaded"
    assert f"checkpoint {said}" in refused(file)
    assert f"checkpoint {said}" in refused(file, pipeline="FluxPipeline", config=str(flux))
    with pytest.raises(UsageError, match="pickles"):  # as the system under test opens its own
        open_pipeline(FluxPipeline, file, "float32", "cpu")
    assert f"denoiser {said}" in refused(flux, denoiser=str(file))
    only = "only .safetensors is loaded"
    assert f"LoRA {file}: {only}" in refused(flux, loras=[{"source": str(file)}])
    assert f"LoRA {tmp_path}: {file.name}: {only}" in refused(
        flux, loras=[{"source": str(tmp_path), "file": file.name}]
    )


def test_an_adapter_that_is_a_pickle_by_diffusers_own_name_is_not_loaded(
    flux: Path, lora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(load_file(lora / "pytorch_lora_weights.safetensors"), tmp_path / "pytorch_lora_weights.bin")
    monkeypatch.setattr(torch, "load", unpickle)
    assert "no file named pytorch_lora_weights.safetensors" in refused(flux, loras=[{"source": str(tmp_path)}])


def test_a_text_encoder_that_a_checkpoint_lacks_comes_from_one_of_its_own(tmp_path: Path) -> None:
    """As HiDream's fourth, a Llama, does: baselines/models/hidream.yaml."""
    folder, llama = families.save(families.hidream, tmp_path / "hidream"), tmp_path / "llama"
    told = {"size": 128, "max_sequence_length": 32}
    whole = drawn(folder, **told)
    names = ("text_encoder_4", "tokenizer_4")
    for name in names:
        shutil.copytree(folder / name, llama, dirs_exist_ok=True)
        shutil.rmtree(folder / name)
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({k: v for k, v in index.items() if k not in names}))
    parts = dict.fromkeys(names, str(llama))
    borrowed = model(folder, **told, parts=parts)
    (one,) = borrowed.generate([JOB])
    assert np.array_equal(whole, np.asarray(one.image, dtype=int))
    assert borrowed.settings["part_weights"] == {name: weights_hash(str(llama)) for name in names}
    assert f"checkpoint {tmp_path / 'no'}: cannot be loaded" in refused(
        folder, **told, parts=parts | {"text_encoder_4": str(tmp_path / "no")}
    )


def test_waiting_in_main_memory_changes_no_picture(flux: Path) -> None:
    assert np.array_equal(by_default(flux), drawn(flux, offload="group"))


def test_another_attention_back_end_draws_the_same_picture_and_one_that_is_not_there_is_named(flux: Path) -> None:
    assert np.abs(by_default(flux) - drawn(flux, attention="_native_math")).max() <= 1  # sums in another order
    assert "FluxPipeline: these settings do not fit it" in refused(flux, attention="flsh")


def test_decoding_in_tiles_keeps_the_size(flux: Path) -> None:
    tiled = model(flux, vae_tiling=True)
    assert tiled._pipeline.vae.use_tiling
    (one,) = tiled.generate([JOB])
    # Tiles are blended where they meet, so seams differ a little; a picture this small is one tile.
    assert np.abs(by_default(flux) - np.asarray(one.image, dtype=int)).max() <= 1


def test_a_compiled_denoiser_draws_the_same_picture(flux: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []

    def traced(function: Any, **_: Any) -> Any:  # Dynamo's own work, without a minute of building C++ behind it
        compiled.append(function)
        return plainly(function, backend="eager")

    plainly = torch.compile
    monkeypatch.setattr(torch, "compile", traced)
    assert np.abs(by_default(flux) - drawn(flux, compile=True)).max() <= 1
    assert len(compiled) == 2  # a double and a single block


def test_there_is_nothing_to_offload_from_on_a_cpu(flux: Path) -> None:
    assert "nothing to offload from" in refused(flux, offload="model")


@pytest.mark.parametrize(("library", "package"), [("bitsandbytes_4bit", "bitsandbytes"), ("torchao", "torchao")])
def test_a_library_that_is_not_installed_is_named(flux: Path, library: str, package: str) -> None:
    from importlib.util import find_spec

    if find_spec(package) is not None:
        pytest.skip(f"{package} is installed")
    assert f"pip install {package}" in refused(flux, quantise=library)


@pytest.mark.parametrize("library", ["quanto", "torchao", "bitsandbytes_4bit", "bitsandbytes_8bit"])
def test_smaller_weights_draw_nearly_the_same_picture(flux: Path, library: str) -> None:
    """Where the package is installed, and there is a GPU for the one that wants it; see docs/full-size.md."""
    from importlib.util import find_spec

    if find_spec(PACKAGES[library].partition(".")[0]) is None:
        pytest.skip(f"{PACKAGES[library]} is not installed")
    if library.startswith("bitsandbytes") and not torch.cuda.is_available():
        pytest.skip("bitsandbytes wants a GPU")
    plain, small = by_default(flux), drawn(flux, quantise=library)
    assert not np.array_equal(plain, small)
    assert np.abs(plain - small).mean() < 8  # of 255: eight bits round a weight by at most .4 % of its row's largest


def test_every_part_that_shrinks_is_told_how_by_the_house_that_loads_it() -> None:
    index = {"transformer": ["diffusers", "T"], "text_encoder_2": ["transformers", "E"], "vae": ["diffusers", "V"]}
    mapping = quantisation("quanto", index | {"text_encoder_3": [None, None]}).quant_mapping
    houses = {name: type(config).__module__.partition(".")[0] for name, config in mapping.items()}
    assert houses == {"transformer": "diffusers", "text_encoder_2": "transformers"}
    assert (mapping["transformer"].weights_dtype, mapping["text_encoder_2"].weights) == ("int8", "int8")


def test_a_picture_that_the_pipeline_blacks_out_is_a_failure_and_not_a_picture(sd15: Path) -> None:
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor

    vision = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(vision_config={**vision, "image_size": 8, "patch_size": 4}, projection_dim=4)
    strict = model(sd15)
    strict._pipeline.safety_checker = StableDiffusionSafetyChecker(config)
    strict._pipeline.safety_checker.concept_embeds_weights.data.fill_(-2.0)  # below any cosine
    strict._pipeline.feature_extractor = CLIPImageProcessor(size={"shortest_edge": 8}, crop_size=8)
    assert strict.generate([JOB]) == [Failure("the pipeline's safety checker held the picture back")]


class Memory:
    """A call that fits `room` pictures at once."""

    def __init__(self, room: int) -> None:
        self.room, self.sizes, self.tidied = room, list[int](), 0

    def __call__(self, part: slice) -> list[int]:
        self.sizes.append(part.stop - part.start)
        if self.sizes[-1] > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return list(range(part.start, part.stop))

    def tidy(self) -> None:
        self.tidied += 1


def test_a_batch_is_halved_until_it_fits_and_the_size_is_kept() -> None:
    memory = Memory(3)
    assert backing_off(memory, 10, None, memory.tidy) == (list(range(10)), 2)
    assert memory.sizes == [10, 5, 2, 2, 2, 2, 2]
    assert memory.tidied == 2


def test_no_room_for_one_is_an_error_and_so_is_any_other() -> None:
    memory = Memory(0)
    with pytest.raises(RunError, match="for a single picture"):
        backing_off(memory, 2, None, memory.tidy)

    def broken(part: slice) -> list[int]:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        backing_off(broken, 2, None, memory.tidy)
