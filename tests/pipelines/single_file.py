"""A checkpoint of `families.sd15` as one file, under the names that Stable Diffusion's first code gave its weights."""

from __future__ import annotations

import re
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET = {  # a layer a block going down, two going up
    "conv_in": "input_blocks.0.0",
    "down_blocks.0.resnets.0": "input_blocks.1.0",
    "down_blocks.0.downsamplers.0.conv": "input_blocks.2.0.op",
    "down_blocks.1.resnets.0": "input_blocks.3.0",
    "down_blocks.1.attentions.0": "input_blocks.3.1",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
    "up_blocks.0.resnets.0": "output_blocks.0.0",
    "up_blocks.0.attentions.0": "output_blocks.0.1",
    "up_blocks.0.resnets.1": "output_blocks.1.0",
    "up_blocks.0.attentions.1": "output_blocks.1.1",
    "up_blocks.0.upsamplers.0.conv": "output_blocks.1.2.conv",
    "up_blocks.1.resnets.0": "output_blocks.2.0",
    "up_blocks.1.resnets.1": "output_blocks.3.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
}
VAE = [
    (r"down_blocks\.(\d)\.resnets", r"down.\1.block"),
    (r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample"),
    (r"up_blocks\.(\d)\.resnets", lambda m: f"up.{1 - int(m[1])}.block"),
    (r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{1 - int(m[1])}.upsample"),
    (r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}"),
    (r"mid_block\.attentions\.0", "mid.attn_1"),
    (r"conv_norm_out", "norm_out"),
    (r"conv_shortcut", "nin_shortcut"),
    (r"group_norm", "norm"),
    (r"to_out\.0", "proj_out"),
    (r"to_([qkv])", r"\1"),
]


def merged(folder: Path, file: Path) -> Path:
    """The weights of the pipeline in `folder`, in one `file`."""
    unet, vae, words = (_weights(folder / part) for part in ("unet", "vae", "text_encoder"))
    found = {f"model.diffusion_model.{_of_unet(name)}": weight for name, weight in unet.items()}
    for name, weight in vae.items():
        is_projection = re.search(r"attentions.*(to_[qkv]|to_out\.0)\.weight", name)  # a convolution there
        found[f"first_stage_model.{_of_vae(name)}"] = weight[..., None, None] if is_projection else weight
    found |= {f"cond_stage_model.transformer.text_model.{name}": weight for name, weight in words.items()}
    save_file({name: weight.contiguous() for name, weight in found.items()}, file)
    return file


def _weights(folder: Path) -> dict[str, Tensor]:
    (file,) = folder.glob("*.safetensors")
    return load_file(file)


def _of_unet(name: str) -> str:
    start = next(one for one in UNET if name.startswith(f"{one}."))
    rest = name.removeprefix(f"{start}.")
    if "resnets" in start:
        part, _, kind = rest.partition(".")
        rest = f"{RESNET[part]}.{kind}"
    return f"{UNET[start]}.{rest}"


def _of_vae(name: str) -> str:
    for pattern, other in VAE:
        name = re.sub(pattern, other, name)
    return name
