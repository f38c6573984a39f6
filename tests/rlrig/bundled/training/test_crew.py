"""Processes of torchrun train together: each on data of its own, all to the same weights."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from rlrig.bundled.training.crew import Crew

SCRIPT = """
import json
import torch
from torch.nn import functional as F
from rlrig.bundled.training.crew import Crew

torch.manual_seed(0)
model, x, y = torch.nn.Linear(3, 2), torch.randn(8, 3), torch.randn(8, 2)
crew = Crew.gather()
rows = slice(crew.rank, None, crew.size)
F.mse_loss(model(x[rows]), y[rows]).backward()
clock = crew.agree(model, 10.0 * (crew.rank + 1))
assert clock == 10.0, clock
noise = float(torch.randn(()))
open(f"noise.{crew.rank}", "w").write(str(noise))
crew.part()
print(json.dumps([p.grad.tolist() for p in model.parameters()]))
"""


def test_two_processes_make_the_gradients_of_one(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [*torchrun, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    torch.manual_seed(0)
    model, x, y = torch.nn.Linear(3, 2), torch.randn(8, 3), torch.randn(8, 2)
    F.mse_loss(model(x), y).backward()
    (line,) = done.stdout.splitlines()  # the follower left before it could print
    for theirs, ours in zip(json.loads(line), model.parameters(), strict=True):
        torch.testing.assert_close(torch.tensor(theirs), ours.grad)  # halves of equal size: the mean of means
    noise = {(tmp_path / f"noise.{rank}").read_text() for rank in (0, 1)}
    assert len(noise) == 2, "both processes would see the same noise"


def test_alone_it_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    model = torch.nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    before = [p.grad.clone() for p in model.parameters()]
    crew = Crew.gather()
    assert crew.leads
    assert crew.agree(model, 3.0) == 3.0
    crew.part()
    for old, parameter in zip(before, model.parameters(), strict=True):
        assert torch.equal(old, parameter.grad)
