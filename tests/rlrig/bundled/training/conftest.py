"""A VLM of each bundled class, untrained."""

import pytest
import torch
from torch import nn

from rlrig.backends.vlm import VLM
from rlrig.bundled.recipes import judge, vlm


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module", params=[vlm, judge], ids=["qwen2.5-vl", "idefics3"])
def student(request) -> VLM:
    torch.manual_seed(0)
    processor = request.param.build_processor()
    model = request.param.build(processor).eval()
    for weight in model.parameters():
        if weight.ndim == 2:
            nn.init.normal_(weight, std=0.15)
    return VLM(model, processor)
