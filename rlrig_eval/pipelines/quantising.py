"""Smaller weights: which library shrinks which part of a pipeline, and how.

diffusers and transformers each have a configuration class for each library, and not all of them take the same
arguments, so every part gets one of the house that it is loaded by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rlrig_eval.pipelines.settings import Quantised

PACKAGES: Mapping[Quantised, str] = {
    "bitsandbytes_4bit": "bitsandbytes",
    "bitsandbytes_8bit": "bitsandbytes",
    "quanto": "optimum.quanto",
    "torchao": "torchao",
}
"""The package that each needs, as it is imported."""
_SHRUNK = re.compile("transformer|unet|text_encoder")


def quantisation(library: Quantised, index: Mapping[str, Any]) -> Any:
    """What `from_pretrained` of a pipeline takes to shrink the denoiser and the text encoders to it.

    Args:
        index: a pipeline's ``model_index.json``: part -> (the library that loads it, its class).
    """
    from diffusers.quantizers import PipelineQuantizationConfig

    loaded_by = {name: where[0] for name, where in index.items() if _SHRUNK.match(name) and where[0]}
    return PipelineQuantizationConfig(
        quant_mapping={name: _config(library, house) for name, house in loaded_by.items()}
    )


def _config(library: Quantised, house: str) -> Any:
    import diffusers
    import torch
    import transformers

    theirs: Any = diffusers if house == "diffusers" else transformers
    if library == "bitsandbytes_4bit":
        return theirs.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )
    if library == "bitsandbytes_8bit":
        return theirs.BitsAndBytesConfig(load_in_8bit=True)
    if library == "quanto":
        return theirs.QuantoConfig(**{"weights_dtype" if house == "diffusers" else "weights": "int8"})
    from torchao.quantization import Int8WeightOnlyConfig

    return theirs.TorchAoConfig(Int8WeightOnlyConfig())
