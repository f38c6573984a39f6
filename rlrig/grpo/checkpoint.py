"""The whole state of a run on disk, whole or not at all."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from rlrig_eval.errors import RunError, UsageError, first_line

_STATE = "state.pt"


def save(folder: Path, step: int, state: Mapping[str, Any], keep: int) -> Path:
    """Write `folder`/step-N through a temporary folder and a rename, then drop all but the newest `keep`.

    Raises RunError when it cannot be written, say on a full disk; the checkpoints before it are then untouched.
    """
    target, partial = folder / f"step-{step:06d}", folder / f".partial-{step:06d}"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        with (partial / _STATE).open("wb") as file:
            torch.save(dict(state), file)
        if target.exists():
            shutil.rmtree(target)
        partial.rename(target)
    except (OSError, RuntimeError) as problem:  # torch's zip writer turns a full disk into a RuntimeError
        shutil.rmtree(partial, ignore_errors=True)
        last = newest(folder)
        raise RunError(
            f"{target}: cannot be written ({first_line(problem)}); "
            f"{'there is no checkpoint' if last is None else f'the last good checkpoint is {last}'}"
        ) from problem
    for old in _all(folder)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def newest(folder: Path) -> Path | None:
    found = _all(folder)
    return found[-1] if found else None


def load(path: Path, identity: Mapping[str, Any]) -> dict[str, Any]:
    """The state in a checkpoint of a run of the same `identity` (what must not change between the two).

    Raises UsageError for a checkpoint that cannot be read or is of another run, naming the first difference.
    """
    try:
        state: dict[str, Any] = torch.load(path / _STATE, map_location="cpu", weights_only=True)
        saved = state["identity"]
    except Exception as problem:  # torch raises a dozen kinds for a damaged file
        raise UsageError(f"{path}: cannot be read: {first_line(problem)}") from problem
    for name in sorted({*saved, *identity}):
        if saved.get(name) != identity.get(name):
            raise UsageError(
                f"{path}: of another run: {name} was {saved.get(name)!r}, and is {identity.get(name)!r} now"
            )
    return state


def _all(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if (path / _STATE).is_file())
