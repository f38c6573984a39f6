"""The judge that transformers runs: opened by itself, whatever its class, and one line where it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rlrig_eval.errors import UsageError
from rlrig_eval.judges.local import Local
from rlrig_eval.weights import MissingWeights

ASK = """
from rlrig_eval.judges.contract import Request
from rlrig_eval.judges.forms import ChanceForm
from rlrig_eval.judges.local import Local
from rlrig_eval.shapes import draw
from rlrig_eval.scene import SceneGraph

picture = draw(SceneGraph.from_triples([("red circle", "left of", "blue square")]))
(reply,) = Local("bundled:vlm").replies([Request((picture,), "is there a red circle?", ChanceForm())])
print("P(yes)", 0.0 <= reply.p_yes <= 1.0)
"""


def test_a_model_of_qwens_class_opens_without_torchvision_in_a_process_that_opened_nothing_before() -> None:
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "P(yes) True", done.stderr


def test_a_published_model_that_is_not_here_is_told_with_its_licence_size_and_the_command_that_fetches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingWeights, match=r"licence: .* GB .*hf download Qwen/Qwen2\.5-VL-7B-Instruct"):
        Local("Qwen/Qwen2.5-VL-7B-Instruct")


@pytest.mark.parametrize(
    ("options", "line"),
    [({"device": "cuda:99x"}, "device cuda:99x"), ({"dtype": "flaot32"}, "checkpoint bundled:vlm: cannot be loaded")],
)
def test_a_device_or_dtype_that_there_is_not_is_one_line(options: dict[str, str], line: str) -> None:
    with pytest.raises(UsageError, match=line):
        Local("bundled:vlm", **options)
