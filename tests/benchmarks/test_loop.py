"""The benchmarks of the whole loop, on the published architectures in a size that a CPU runs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import torch

from benchmarks import full_size
from benchmarks.full_size import Asked, table
from benchmarks.loop import inside
from benchmarks.untrained import FULL, Architecture, Scheduled
from rlrig_eval.weights import known

torch.set_num_threads(1)
TINY = Architecture(
    transformer={
        "num_layers": 1,
        "num_single_layers": 1,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 32,
        "pooled_projection_dim": 32,
        "axes_dims_rope": (4, 4, 8),
    },
    clip={"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2},
    t5={"d_model": 32, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2},
    vae={"block_out_channels": (32, 32, 32, 32), "layers_per_block": 1, "latent_channels": 16},
    text={
        "vocab_size": 512,
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [4, 2, 2]},
    },
    vision={
        "depth": 1,
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_heads": 2,
        "out_hidden_size": 32,
        "fullatt_block_indexes": [0],
    },
)
"""As `FULL`, with a few thousand parameters: what a CPU runs in a test."""
SMALL = Asked(TINY, sizes=(32, 16), steps=1, prompts=3, batches=(1, 2), device="cpu", dtype="float32")


class Sleeper:
    def outer(self) -> None:
        time.sleep(0.02)
        self.inner()

    def inner(self) -> None:
        time.sleep(0.02)


def test_what_models_take_is_timed_once_however_they_call_each_other() -> None:
    with inside([(Sleeper, "outer"), (Sleeper, "inner")]) as found:
        Sleeper().outer()
        time.sleep(0.2)
    assert 0.04 <= found.wall < 0.2
    assert not hasattr(Sleeper.outer, "__wrapped__")  # all is as it was


def test_the_timetable_lets_one_prompt_go_after_each_picture() -> None:
    class Real:
        vlm = None

        def check(self, images, requirements):
            return [[0.5] * len(asked) for asked in requirements]

    prompts = [(object(),) for _ in range(5)]
    checker = Scheduled(Real())
    left, pictures = prompts, []
    while left:
        answers = checker.check([None] * len(left), left)
        pictures.append(len(left))
        left = [one for one, answer in zip(left, answers, strict=True) if answer == [0.0]]
    assert pictures == [5, 4, 3, 2, 1]


def test_a_small_measurement_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full_size.main(["--out", str(tmp_path / "small")], SMALL)
    found = json.loads((tmp_path / "small.json").read_text())
    assert [row["size"] for row in found["rows"]] == [32, 16]
    for row in found["rows"]:
        assert row["overhead"] > 0  # the harness does something
        assert row["compaction"] > 0
        assert row["pictures_a_second_at_2"] > 0
    assert "| CPU |" in capsys.readouterr().out


def test_without_a_gpu_the_table_says_so_and_what_was_measured_stays(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    full_size.main(["--out", str(tmp_path / "none")])
    assert (tmp_path / "none.md").read_text().count("not run") == 12  # six figures at two sizes
    assert not (tmp_path / "none.json").exists()
    (tmp_path / "kept.json").write_text("{}")
    with pytest.raises(SystemExit, match="stays as it is"):
        full_size.main(["--out", str(tmp_path / "kept")])


def test_the_table_rounds_and_names_the_machine() -> None:
    row = {"size": 512.0, "overhead": 0.0123, "compaction": 2.5, "pictures_a_second_at_1": 0.5}
    row |= {"pictures_a_second_at_2": 0.9, "peak_gpu_gib": 70.04}
    assert "| 512 | 1.23% | 2.50 | 70.0 | 0.5 | 0.9 | a GPU |" in table([row], SMALL, "a GPU")


def test_the_architectures_have_the_published_numbers_of_parameters() -> None:
    from transformers import (
        CLIPTextConfig,
        CLIPTextModel,
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        T5Config,
        T5EncoderModel,
    )

    t5 = T5Config(**FULL.t5, vocab_size=32128, feed_forward_proj="gated-gelu")
    vlm = Qwen2_5_VLConfig(text_config=dict(FULL.text), vision_config=dict(FULL.vision), tie_word_embeddings=False)
    with torch.device("meta"):
        made = {
            "text_encoder": CLIPTextModel(CLIPTextConfig(**FULL.clip, vocab_size=49408)),
            "text_encoder_2": T5EncoderModel(t5),
            "model": Qwen2_5_VLForConditionalGeneration(vlm),
        }
    told = known()["black-forest-labs/FLUX.1-dev"].parameters | known()["Qwen/Qwen2.5-VL-7B-Instruct"].parameters
    for name, model in made.items():
        billions = sum(parameter.numel() for parameter in model.parameters()) / 1e9
        assert billions == pytest.approx(told[name], abs=0.01), name
