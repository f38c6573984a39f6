"""A file that is replaced is the old or the new one, whatever goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlrig_eval.atomic import replace_json, replace_text


def test_a_document_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    replace_json(tmp_path / "summary.json", {"n": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        replace_json(tmp_path / "summary.json", {"n": float("nan")})
    assert json.loads((tmp_path / "summary.json").read_text()) == {"n": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_two_machines_whose_processes_have_one_number_do_not_share_a_file_while_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, replace = [], Path.replace

    def replacing(path: Path, target: Path) -> Path:
        made.append(path)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", replacing)
    for _ in range(2):
        replace_text(tmp_path / "run.json", "{}")
    assert made[0] != made[1]
