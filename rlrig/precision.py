"""Half precision where it is faster, and full precision within it where small differences count."""

from contextlib import AbstractContextManager, ExitStack
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel


def has_bfloat16(device: str) -> bool:
    """Whether products in bfloat16 are no slower than in float32; on a CPU without them they take ten times as long."""
    return device != "cpu" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def half_precision(device: str) -> AbstractContextManager[Any]:
    """Products in bfloat16, where the processor has them.

    On a CPU with plain attention, for the fused one is slow backwards in bfloat16 and no faster in float32.
    """
    stack = ExitStack()
    if has_bfloat16(device):
        stack.enter_context(torch.autocast(torch.device(device).type, torch.bfloat16))
    if device == "cpu":
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
    return stack


def full_precision(device: str) -> AbstractContextManager[Any]:
    """Each product in the precision of its weights, within `half_precision` too."""
    return torch.autocast(torch.device(device).type, enabled=False)
