"""Presets read and written: by name, as a YAML file, or in the folder of a whole system."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rlrig.presets.schema import Loop, Preset
from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.suite.documents import read_yaml

_FOLDER = Path(__file__).parent / "pipeline"
BESIDE = "./"
"""What the name of a checkpoint begins with that lies in the folder of its preset.yaml."""
_CHECKPOINTS = (
    ("diffuser", "checkpoint"),
    ("editor", "checkpoint"),
    ("checker", "checkpoint"),
    ("actor", "adapter"),
    ("trained", "actor"),
    ("trained", "editor"),
)


def load_preset(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None, rl: str | None = None) -> Preset:
    """A preset by name, YAML file, or folder holding preset.yaml, where ./editor is what lies beside that.

    `overrides` replace fields of its loop, `rl` its choice of trained adapters.

    Raises:
        UsageError: naming the file, the line and the field.
    """
    path = Path(name_or_path)
    if (path / "preset.yaml").is_file():  # any other folder may bear a preset's name by chance: ./flux, of weights
        path = path / "preset.yaml"
    elif path.suffix not in (".yaml", ".yml"):
        path = _FOLDER / f"{name_or_path}.yaml"
    if not path.is_file():
        known = sorted(file.stem for file in _FOLDER.glob("*.yaml"))
        raise UsageError.unknown("preset", str(name_or_path), known)
    preset = read_yaml(path, Preset)
    if path.name == "preset.yaml":
        preset = _lying_in(path.parent, preset)
    try:
        loop = Loop.model_validate({**preset.loop.model_dump(), **(overrides or {})})
    except ValidationError as error:
        raise UnreadableFile.invalid(error, Loop, path="settings") from error
    return preset.model_copy(update={"loop": loop}).choosing(preset.rl if rl is None else rl)


def _lying_in(folder: Path, preset: Preset) -> Preset:
    """The folder of a trained system may have been moved since it was written."""
    for part, field in _CHECKPOINTS:
        named = getattr(getattr(preset, part), field)
        if named is not None and named.startswith(BESIDE):
            lying = str((folder / named).resolve())
            preset = preset.model_copy(update={part: getattr(preset, part).model_copy(update={field: lying})})
    return preset


def save_preset(preset: Preset, folder: Path) -> None:
    """Write preset.yaml into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "preset.yaml").write_text(yaml.safe_dump(preset.model_dump(mode="json"), sort_keys=False))
