"""Presets: which checkpoint plays which role, how it samples, and the rules of the loop; an unknown key is an error."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.scene.graph import Frozen

_FOLDER = Path(__file__).parent / "pipeline"


class Sampling(Frozen):
    """How a flow pipeline samples. `true_cfg` > 1 runs the empty prompt too; `guidance` is the embedded kind."""

    steps: int = Field(ge=1)
    true_cfg: float = 1.0
    guidance: float = 3.5
    size: int = Field(default=1024, ge=16)
    max_sequence_length: int = 512
    batch_size: int = Field(default=1, ge=1)
    dtype: Literal["float32", "bfloat16", "float16"] = "bfloat16"

    @property
    def guided(self) -> bool:
        """Whether the empty prompt is evaluated beside the given one."""
        return self.true_cfg > 1

    @property
    def evals(self) -> int:
        """Denoiser evaluations that a picture costs."""
        return self.steps * (2 if self.guided else 1)


class Flow(Frozen):
    checkpoint: str
    sampling: Sampling


class Vlm(Frozen):
    checkpoint: str
    dtype: Literal["float32", "bfloat16", "float16"] = "bfloat16"


class Adapter(Frozen):
    """A LoRA adapter on the Checker's base; null asks the base itself to write."""

    adapter: str | None = None


class Loop(Frozen):
    """The rules of generate-reflect-edit.

    `threshold` is the P(yes) from which a requirement holds; `max_edits` the pictures after the first one;
    `patience` how many edits may fail to improve on the best before a fresh start; `backtrack` edits the best
    picture so far rather than the last.
    """

    threshold: float = Field(default=0.5, gt=0, lt=1)
    max_edits: int = Field(default=4, ge=0)
    patience: int = Field(default=2, ge=1)
    backtrack: bool = True


class Preset(Frozen):
    name: str
    device: str = "cpu"
    diffuser: Flow
    editor: Flow
    checker: Vlm
    actor: Adapter = Adapter()
    loop: Loop = Loop()


def load_preset(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> Preset:
    """A preset by name, YAML file, or folder holding preset.yaml; `overrides` replace fields of its loop.

    Raises:
        UsageError: naming the file and the field.
    """
    path = Path(name_or_path)
    if path.is_dir():
        path = path / "preset.yaml"
    elif path.suffix not in (".yaml", ".yml"):
        path = _FOLDER / f"{name_or_path}.yaml"
    if not path.is_file():
        known = sorted(file.stem for file in _FOLDER.glob("*.yaml"))
        raise UsageError.unknown("preset", str(name_or_path), known)
    try:
        preset = Preset.model_validate(yaml.safe_load(path.read_text()))
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not valid YAML: {str(error).splitlines()[0]}") from error
    except ValidationError as error:
        raise UnreadableFile.invalid(error, Preset, path=path) from error
    try:
        loop = Loop.model_validate({**preset.loop.model_dump(), **(overrides or {})})
    except ValidationError as error:
        raise UnreadableFile.invalid(error, Loop, path=path) from error
    return preset.model_copy(update={"loop": loop})


def save_preset(preset: Preset, folder: Path) -> None:
    """Write preset.yaml into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "preset.yaml").write_text(yaml.safe_dump(preset.model_dump(), sort_keys=False))
