"""A folder is tried before work begins: it is made, and has room, or one line says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlrig_eval import folders
from rlrig_eval.errors import UsageError
from rlrig_eval.folders import writable


def test_a_folder_is_made_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    assert writable(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert [*(tmp_path / "a" / "b").iterdir()] == []


@pytest.mark.parametrize("where", ["/proc/nowhere/run", "/dev/null/run"])
def test_a_folder_that_cannot_be_written_to_is_named(where: str) -> None:
    with pytest.raises(UsageError, match=f"{where}: cannot write there"):
        writable(Path(where))


def test_a_full_disk_is_told_of_with_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "LEAST_FREE", 2**62)
    with pytest.raises(UsageError, match=r"the disk is full \(\d+ MiB free, \d+ needed\)"):
        writable(tmp_path)
