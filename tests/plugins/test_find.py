"""Objects of the user's own: what goes wrong with them is one line."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from rlrig_eval import extract, judges, models
from rlrig_eval.errors import UsageError
from rlrig_eval.plugins.find import Target, find, load
from rlrig_eval.plugins.options import converted
from rlrig_eval.runs import scorers
from tests.models import guide


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_module_that_raises_as_it_is_imported_is_named(installed: Path) -> None:
    (installed / "old_driver.py").write_text("raise RuntimeError('CUDA driver too old')\n")
    with pytest.raises(UsageError, match="model old_driver: RuntimeError: CUDA driver too old"):
        load("old_driver:Cool", "model")


def test_a_module_that_leaves_as_it_is_loaded_is_named_and_ends_nothing(installed: Path) -> None:
    (installed / "leaving.py").write_text("import sys\nsys.exit(3)\n")
    for where in ("leaving:Cool", f"{installed / 'leaving.py'}:Cool"):
        with pytest.raises(UsageError, match="SystemExit: 3"):
            load(where, "model")


def test_an_entry_point_has_the_hash_of_its_modules_file_which_is_not_run_for_it(site: Path) -> None:
    guide.install(site, "wallpaper", "raise RuntimeError", guide.block("adding-a-model.md", "toml"))
    found = find("model", "wallpaper", "rlrig_eval.models")
    assert found == Target("wallpaper", "my_package.wallpaper:Wallpaper", sha256(b"raise RuntimeError").hexdigest())


def test_an_entry_point_whose_module_is_not_there_has_none(site: Path) -> None:
    guide.install(site, "wallpaper", "", guide.block("adding-a-model.md", "toml"))
    for path in (site / "my_package" / "wallpaper.py", site / "my_package" / "__init__.py"):
        path.unlink()
        assert find("model", "wallpaper", "rlrig_eval.models").sha256 is None


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


@pytest.mark.parametrize("resolve", [models.resolve, judges.resolve, extract.resolve, scorers.resolve])
def test_what_is_no_class_or_function_is_no_plug_in(resolve: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("Cool = 3\n")
    options = {models.resolve: ({}, {}), judges.resolve: ({},)}.get(resolve, ())
    with pytest.raises(UsageError, match=r"mine\.py:Cool: not a class or function but a thing of type int"):
        resolve(f"{tmp_path / 'mine.py'}:Cool", *options)


def test_a_class_that_does_not_tell_its_options_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("Cool = type\n\nclass Odd:\n    def __init__(self, n: 'no int'): ...\n")
    for name in ("Cool", "Odd"):
        with pytest.raises(UsageError, match=f"model '.*mine.py:{name}': its options cannot be read: "):
            models.resolve(f"{tmp_path / 'mine.py'}:{name}", {}, {})
