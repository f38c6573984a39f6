"""Objects of the user's own: what goes wrong with them is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlrig_eval.errors import UsageError
from rlrig_eval.plugins.find import load
from rlrig_eval.plugins.options import converted


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_module_that_raises_as_it_is_imported_is_named(installed: Path) -> None:
    (installed / "old_driver.py").write_text("raise RuntimeError('CUDA driver too old')\n")
    with pytest.raises(UsageError, match="model old_driver: RuntimeError: CUDA driver too old"):
        load("old_driver:Cool", "model")


def test_a_class_that_a_module_makes_when_it_is_asked_for_is_found(installed: Path) -> None:
    (installed / "lazy_ones.py").write_text(
        "def __getattr__(name):\n    if name == 'Cool':\n        return int\n    raise AttributeError(name)\n"
    )
    assert load("lazy_ones:Cool", "model") is int
    with pytest.raises(UsageError, match="unknown model in lazy_ones 'Warm'"):
        load("lazy_ones:Warm", "model")


def test_an_annotation_that_is_there_for_type_checkers_alone_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from PIL.Image import Image\n"
        "class Cool:\n    def __init__(self, base: Image | None = None): ...\n"
    )
    with pytest.raises(UsageError, match="model mine: its annotations cannot be read: name 'Image' is not defined"):
        converted(load(f"{file}:Cool", "model"), {}, "model mine")
