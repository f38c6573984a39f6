"""Where suites, baselines, reports and bundled checkpoints lie.

Inside the package in an installed wheel, at the repo root in an editable install.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from rlrig_eval.errors import RunError, UsageError

BUNDLED = "bundled:"


def suites_dir() -> Path:
    """The folder of the shipped suites, one folder each: ``<name>/suite.yaml`` and ``prompts.jsonl``."""
    return _data("suites")


def baselines_dir() -> Path:
    """The folder of ``models/<name>.yaml`` and ``results/<suite>/<model>.json``."""
    return _data("baselines")


def reports_dir() -> Path:
    """The folder of report templates and of the paper tables as data."""
    return _data("reports")


def checkpoint(name: str) -> Path:
    """The folder of the checkpoint ``bundled:NAME`` (the prefix may be left out).

    Raises UsageError, with the nearest name, when no such checkpoint is bundled.
    """
    wanted = name.removeprefix(BUNDLED)
    if wanted not in checkpoints():  # a lookup, not a join: a name never becomes a path
        raise UsageError.unknown("bundled checkpoint", wanted, checkpoints())
    return _checkpoints_dir() / wanted


def checkpoints() -> list[str]:
    """The names of the bundled checkpoints."""
    root = _checkpoints_dir()
    return sorted(folder.name for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else []


def _data(name: str) -> Path:
    package = Path(str(files("rlrig_eval")))
    packed = package / "_data"
    return (packed if packed.is_dir() else package.parent) / name


def _checkpoints_dir() -> Path:
    spec = find_spec("rlrig")  # finds the package without importing it
    if spec is None or spec.origin is None:
        raise RunError("the package rlrig is not installed; reinstall rlrig-eval")
    return Path(spec.origin).parent / "bundled" / "checkpoints"
