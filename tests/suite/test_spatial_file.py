"""The committed files of `spatial` are those that its command writes."""

from __future__ import annotations

from pathlib import Path

from rlrig_eval.assets import suites_dir
from rlrig_eval.suite import spatial
from rlrig_eval.suite.split_files import FILES


def test_the_command_writes_the_committed_bytes(tmp_path: Path) -> None:
    spatial.main(["--seed", "7", "--out", str(tmp_path)])
    for file in FILES.values():
        assert (tmp_path / file).read_bytes() == (suites_dir() / "spatial" / file).read_bytes(), (
            f"{file} is not what `python -m rlrig_eval.suite.spatial --seed 7 --out suites/spatial` writes"
        )
