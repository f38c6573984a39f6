"""What a flow's training saves: the weights that it came to, or these blended with those that it began from."""

import pytest
import torch

from rlrig.bundled.training.drawn import blend
from rlrig.bundled.training.flow import TextToVelocity


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_every_weight_goes_that_share_of_the_way_back_once(share: float) -> None:
    model, begun = TextToVelocity(32), TextToVelocity(32)
    came, went = (dict(one.named_parameters()) for one in (model, begun))
    expected = {name: ((1 - share) * came[name] + share * went[name]).detach() for name in came}
    blend(model, went, share)
    tied = model.text_encoder_2.encoder.embed_tokens.weight
    assert tied is model.text_encoder_2.shared.weight, "one weight of two names"
    for name, weights in model.named_parameters():
        torch.testing.assert_close(weights, expected[name], rtol=0, atol=1e-6, msg=name)  # rounding in float32
