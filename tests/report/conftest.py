from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rlrig_eval.report import page
from tests.report.contestants import Rounds, Single, named, run, suite

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A single-pass model with an error and an unreadable picture, best-of-n, and an editing loop."""
    root, of = tmp_path_factory.mktemp("runs"), suite()
    return [
        run(root / "one", of, named("single", Single(error_rate=0.5))),
        run(root / "two", of, named("best-of-n", Rounds(error_rate=0.5, edits=False))),
        run(root / "three", of, named("loop", Rounds(error_rate=0.7, edits=True))),
    ]


@pytest.fixture(scope="session")
def html(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the three runs."""
    return page(runs, tmp_path_factory.mktemp("page"))
