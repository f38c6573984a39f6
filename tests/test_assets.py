"""Data folders and bundled checkpoints are found by name, wherever the package lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlrig_eval import assets
from rlrig_eval.errors import UsageError

REPO = Path(__file__).parents[1]


def test_an_editable_install_reads_the_repo() -> None:
    found = [assets.suites_dir(), assets.baselines_dir(), assets.reports_dir()]
    assert found == [REPO / "suites", REPO / "baselines", REPO / "reports"]


@pytest.mark.parametrize("name", ["vea", "../../..", "", ".", "/etc"])
def test_a_name_that_is_no_checkpoint_is_a_usage_error_and_never_a_path(name: str) -> None:
    with pytest.raises(UsageError, match="unknown bundled checkpoint"):
        assets.checkpoint(f"bundled:{name}")


def test_the_prefix_may_be_left_out() -> None:
    bundled = REPO / "rlrig" / "bundled" / "checkpoints"
    names = sorted(folder.name for folder in bundled.iterdir() if folder.is_dir())
    assert names
    for name in names:
        assert assets.checkpoint(name) == assets.checkpoint(f"bundled:{name}") == bundled / name
