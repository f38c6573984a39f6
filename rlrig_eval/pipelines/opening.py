"""From a checkpoint and its settings to a pipeline that is ready to draw."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rlrig_eval.checkpoints import PLAIN, locate, open_model, open_pipeline, quiet, require_plain, usable_device
from rlrig_eval.errors import UsageError, first_line
from rlrig_eval.pipelines.quantising import PACKAGES, quantisation
from rlrig_eval.pipelines.settings import Loading, Quantised
from rlrig_eval.processors import unimportable

_OTHER_TASK = re.compile("Img2Img|Inpaint|Decoder|Prior")


def open_drawer(checkpoint: str | Path, loading: Loading, device: str = "auto") -> Any:
    """A text-to-image pipeline from ``bundled:NAME``, a folder, a single file or a Hub id.

    Raises:
        UsageError: it is missing, truncated, of another class, or the settings do not fit it.
    """
    if loading.pipeline is not None:
        return open_named(loading.pipeline, checkpoint, loading, device)
    import diffusers

    if Path(checkpoint).suffix in PLAIN:
        raise UsageError(f"checkpoint {checkpoint}: a single file does not say its class: set pipeline, and config")
    declared = _declared(checkpoint)
    automatic = declared is not None and _OTHER_TASK.search(declared)
    chosen = diffusers.AutoPipelineForText2Image if automatic else diffusers.DiffusionPipeline
    return _opened(chosen, checkpoint, loading, device)


def open_named(name: str, checkpoint: str | Path, loading: Loading, device: str = "auto") -> Any:
    """A pipeline of the diffusers class `name`, whatever class the checkpoint says it is of."""
    return _opened(_class(name, "pipeline"), checkpoint, loading, device)


def unwrap(pipeline: Any) -> Any:
    """The part that denoises."""
    return getattr(pipeline, "transformer", None) or pipeline.unet


def _opened(chosen: Any, checkpoint: str | Path, loading: Loading, device: str) -> Any:
    placed = loading.offload is not None or loading.device_map is not None
    device = usable_device(device)  # told at once, not after minutes of loading
    _refuse_pickles(checkpoint, loading)
    given = _arguments(chosen, checkpoint, loading)
    tokenizers = {name: made for name, made in _tokenizers(checkpoint).items() if name not in given}
    pipeline = open_pipeline(chosen, checkpoint, loading.dtype, None, **given, **dict.fromkeys(tokenizers))
    pipeline.register_modules(**tokenizers)
    _configure(pipeline, loading)
    if loading.offload is not None:
        _offload(pipeline, loading.offload, device)
    return pipeline if placed else pipeline.to(device)


def _refuse_pickles(checkpoint: str | Path, loading: Loading) -> None:
    """Raises UsageError for a file of weights that may be one."""
    if Path(checkpoint).is_file():
        require_plain(checkpoint, "checkpoint")
    if loading.denoiser is not None:
        require_plain(loading.denoiser, "denoiser")
    for lora in loading.loras or ():
        if Path(lora.source).is_file():
            require_plain(lora.source, "LoRA", (".safetensors",))
        if lora.file is not None:
            require_plain(lora.file, f"LoRA {lora.source}:", (".safetensors",))


def _arguments(chosen: Any, checkpoint: str | Path, loading: Loading) -> dict[str, Any]:
    """What is handed to the loader beside the checkpoint and its dtype."""
    named = {name: getattr(loading, name) for name in ("variant", "revision", "device_map", "config")}
    given = {name: value for name, value in named.items() if value is not None}
    if loading.quantise is not None:
        given["quantization_config"] = _quantisation(loading.quantise, checkpoint)
    if loading.denoiser is not None:
        given |= _denoiser(checkpoint, loading)
    return given | {name: _part(name, source, loading) for name, source in (loading.parts or {}).items()}


def _part(name: str, source: str, loading: Loading) -> Any:
    """A text encoder or tokenizer from a checkpoint of its own."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if name.startswith("tokenizer"):
        return open_model(AutoTokenizer, source)
    return open_model(AutoModelForCausalLM, source, dtype=getattr(torch, loading.dtype), use_safetensors=True)


def _tokenizers(checkpoint: str | Path) -> dict[str, Any]:
    """In place of each processor that cannot be imported here, its tokenizer: a prompt needs no more."""
    from transformers import AutoTokenizer

    parts = {name: value for name, value in _index(checkpoint).items() if isinstance(value, list)}
    return {
        name: open_model(AutoTokenizer, checkpoint, subfolder=name)
        for name, (_, kind) in parts.items()
        if unimportable(kind)
    }


def _declared(checkpoint: str | Path) -> str | None:
    """The class that a checkpoint's index names; None where it has none (the loader then says what is wrong)."""
    name = _index(checkpoint).get("_class_name")
    return None if name is None else str(name)


def _index(checkpoint: str | Path) -> Mapping[str, Any]:
    """What a checkpoint says that it is made of; nothing where it has no index or is one file."""
    from diffusers import DiffusionPipeline

    if Path(checkpoint).suffix in PLAIN:
        return {}
    try:
        with quiet():
            found: Mapping[str, Any] = DiffusionPipeline.load_config(locate(checkpoint))
            return found
    except (OSError, ValueError):
        return {}


def _denoiser(checkpoint: str | Path, loading: Loading) -> dict[str, Any]:
    """The denoiser of a single file, in the architecture of the checkpoint's own."""
    import torch
    from diffusers import DiffusionPipeline, GGUFQuantizationConfig

    file, dtype = str(loading.denoiser), getattr(torch, loading.dtype)
    if not Path(file).is_file():
        raise UsageError(f"denoiser {file}: there is no such file")
    try:
        with quiet():
            index = DiffusionPipeline.load_config(locate(checkpoint))
            part = next(name for name in ("transformer", "unet") if name in index)
            more: dict[str, Any] = {"config": locate(checkpoint), "subfolder": part, "torch_dtype": dtype}
            if file.endswith(".gguf"):
                _need("gguf", f"denoiser {file}")
                more["quantization_config"] = GGUFQuantizationConfig(compute_dtype=dtype)
            return {part: _class(index[part][1], "model").from_single_file(file, **more)}
    except UsageError:
        raise
    except Exception as problem:  # its loaders raise a dozen kinds; all mean that this file is no use
        raise UsageError(f"denoiser {file}: cannot be loaded: {first_line(problem)}") from problem


def _configure(pipeline: Any, loading: Loading) -> None:
    try:
        with quiet():
            if loading.scheduler is not None or loading.scheduler_options:
                pipeline.scheduler = _scheduler(pipeline.scheduler, loading)
            if loading.loras:
                _adapt(pipeline, loading)
            if loading.vae_tiling:
                pipeline.vae.enable_tiling()
            if loading.attention is not None:
                unwrap(pipeline).set_attention_backend(loading.attention)
            if loading.compile:
                unwrap(pipeline).compile_repeated_blocks()
    except UsageError:
        raise
    except Exception as problem:  # a part that this pipeline does not have, or options that it does not take
        raise UsageError(f"{type(pipeline).__name__}: these settings do not fit it: {first_line(problem)}") from problem


def _scheduler(own: Any, loading: Loading) -> Any:
    """The scheduler that is asked for, or the checkpoint's own class, with the checkpoint's figures and the options."""
    chosen = type(own) if loading.scheduler is None else _class(loading.scheduler, "scheduler")
    known = inspect.signature(chosen).parameters
    for name in loading.scheduler_options or {}:
        if name not in known:  # diffusers would drop it with a line in its log
            raise UsageError.unknown(f"option of {chosen.__name__}", name, known)
    return chosen.from_config(own.config, **(loading.scheduler_options or {}))


def _adapt(pipeline: Any, loading: Loading) -> None:
    names = []
    for number, lora in enumerate(loading.loras or ()):
        named: Mapping[str, str] = {} if lora.file is None else {"weight_name": lora.file}
        try:
            with warnings.catch_warnings():  # peft wonders whether a second adapter is meant: it is
                warnings.filterwarnings("ignore", "Already found a `peft_config`", UserWarning)
                pipeline.load_lora_weights(
                    locate(lora.source), adapter_name=f"lora{number}", use_safetensors=True, **named
                )
        except Exception as problem:
            raise UsageError(f"LoRA {lora.source}: cannot be loaded: {first_line(problem)}") from problem
        names.append(f"lora{number}")
    pipeline.set_adapters(names, [lora.scale for lora in loading.loras or ()])


def _offload(pipeline: Any, how: str, device: str) -> None:
    import torch

    if how == "group":
        pipeline.enable_group_offload(
            onload_device=torch.device(device),
            offload_device=torch.device("cpu"),
            offload_type="leaf_level",
            use_stream=device != "cpu",
        )
        return
    if device == "cpu":
        raise UsageError(f"offload {how}: there is nothing to offload from on a CPU; leave it out, or name a GPU")
    getattr(pipeline, f"enable_{how}_cpu_offload")(device=device)


def _quantisation(library: Quantised, checkpoint: str | Path) -> Any:
    from diffusers import DiffusionPipeline

    _need(PACKAGES[library], f"quantise {library}")
    try:
        return quantisation(library, DiffusionPipeline.load_config(locate(checkpoint)))
    except (ImportError, OSError, TypeError, ValueError) as problem:  # such as a version that diffusers does not take
        raise UsageError(f"quantise {library}: {first_line(problem)}") from problem


def _need(package: str, what: str) -> None:
    top, _, _ = package.partition(".")
    if find_spec(top) is None:
        raise UsageError(f"{what} needs the package {package}: pip install {package.replace('.', '-')}")


def _class(name: str, kind: str) -> Any:
    import diffusers

    found = getattr(diffusers, name, None)
    if not isinstance(found, type):
        known = [one for one in dir(diffusers) if one.lower().endswith((kind, f"{kind}2dmodel"))]
        raise UsageError.unknown(f"{kind} of diffusers", name, known)
    return found
