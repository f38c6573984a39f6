"""What a run exported, made a bundled checkpoint: half precision, with a model card of measured figures.

python -m rlrig.grpo.bundle actor runs/grpo/actor-shapes        # -> bundled:grpo-actor
"""

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from rlrig.backends.bases import require_whole
from rlrig.grpo.config import PHASES, Phase
from rlrig_eval.errors import UsageError, leave
from rlrig_eval.markdown import fixed, table

FOLDER = Path(__file__).parents[1] / "bundled" / "checkpoints"

EXPORTED: Mapping[Phase, str] = MappingProxyType({"actor": "actor", "editor": "editor-lora"})
"""The folder of an export that holds a phase's adapter."""
RUNS = "runs.json"
"""Beside a bundled adapter: which runs it is the sum of, for one that is trained on top of it."""
_ABOUT: Mapping[Phase, str] = MappingProxyType(
    {
        "actor": "A LoRA adapter on the Checker's base that writes one edit instruction, trained by Reflection-GRPO "
        "from the bundled Actor.",
        "editor": "A LoRA adapter on the transformer of the bundled editor, trained by Reflection-GRPO.",
    }
)
_FIGURES = ("soft", "gain", "kept", "hard", "accepted", "held_out", "edge_density", "colour_entropy", "copied", "words")


def bundle(phase: Phase, run: Path, folder: Path = FOLDER) -> Path:
    """Write `folder`/grpo-PHASE from the export of a finished `run`, whole or not at all.

    Raises UsageError for a run that has exported, or logged, nothing of this phase, or whose adapter is nothing by
    itself.
    """
    source, target = run / "export" / EXPORTED[phase], folder / f"grpo-{phase}"
    if not source.is_dir():
        raise UsageError(f"{source}: there is no such folder: has the run ended, and was it of phase {phase}?")
    require_whole(str(source))
    logged = rows(run / "log.jsonl")
    text = card(phase, logged)
    partial = folder / f".partial-{phase}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for file in sorted(source.iterdir()):
        if file.suffix == ".safetensors":
            _halve(file, partial / file.name)
        elif file.name == "adapter_config.json":
            (partial / file.name).write_text(_anywhere(file))
        elif file.suffix == ".json":
            shutil.copy(file, partial)
    (partial / "README.md").write_text(text)
    (partial / RUNS).write_text(json.dumps(runs_of(phase, run.name, logged), indent=2) + "\n")
    shutil.rmtree(target, ignore_errors=True)
    return partial.rename(target)


def card(phase: Phase, rows: Sequence[Mapping[str, Any]]) -> str:
    """The model card of a run, from the rows of its log. Raises UsageError without a step or an evaluation."""
    steps, minutes = summary(phase, rows)
    measured = [row for row in rows if row["kind"] == "evaluation"]
    if not steps or not measured:
        raise UsageError(f"the log of this run holds no step or no evaluation of phase {phase}")
    begin = measured[0]
    runs = _parts(phase, rows)
    if runs:
        each = ", ".join(f"{row['share']:.3g} of {row['name']} ({row['steps']} steps)" for row in runs)
        how = f"the sum of what {len(runs)} runs trained (`python -m rlrig.grpo.mean`): {each}"
        shown, column, when = measured[-1], "sum", "with their sum"
    else:
        # What was NaN is None in the log.
        shown = max(measured, key=lambda row: -1.0 if row["kept"] is None else row["kept"])
        how = f"steps: {steps}, of which the averaged weights after {shown['step']} did best on dev"
        column, when = "best", "at the best evaluation, by which the weights were chosen"
    told = [name for name in _FIGURES if None not in (begin.get(name), shown.get(name))]
    figures = [(name, fixed(begin[name], 4), fixed(shown[name], 4)) for name in told]
    lines = "\n".join(table(("figure", "before", column), figures, "lrr"))
    return (
        f"# grpo-{phase}\n\n{_ABOUT[phase]}\n\n"
        f"Made by `rlrig grpo {phase}` and `python -m rlrig.grpo.bundle`. The reward is the Checker's; prompts are of "
        "the train bucket.\n\n"
        f"- {how}\n- minutes in steps: {minutes:.1f}\n- torch {torch.__version__}\n- licence: Apache-2.0\n\n"
        f"One edit of failed pictures of the dev split, before training and {when} (`held_out` is the judge's, which "
        "nothing is trained on):\n\n"
        f"{lines}\n"
    )


def runs_of(phase: Phase, name: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The runs that a log is about the sum of, as `Log.run` takes them; of the log of one run, `name`, that one."""
    if parts := _parts(phase, rows):
        return [{key: value for key, value in row.items() if key != "kind"} for row in parts]
    steps, minutes = summary(phase, rows)
    return [{"name": name, "phase": phase, "share": 1.0, "steps": steps, "minutes": minutes}]


def _parts(phase: Phase, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["kind"] == "run" and row["phase"] == phase]


def summary(phase: Phase, rows: Sequence[Mapping[str, Any]]) -> tuple[int, float]:
    """How many steps of a phase a log tells of, be it of one run or of several whose mean was taken, and their minutes.

    By number: a run that was killed and resumed has logged the steps since its last checkpoint twice.
    """
    mine = [row for row in rows if row.get("phase") == phase]
    steps = {row["step"]: row["seconds"] for row in mine if row["kind"] == "step"}
    runs = _parts(phase, rows)
    count = len(steps) + sum(row["steps"] for row in runs)
    return count, sum(steps.values()) / 60 + sum(row["minutes"] for row in runs)


def _halve(source: Path, target: Path) -> None:
    with safe_open(source, "pt") as file:
        tensors = {name: file.get_tensor(name).half().contiguous() for name in file.keys()}  # noqa: SIM118 - no mapping
        save_file(tensors, target, metadata=file.metadata())
    target.chmod(0o644)


def _anywhere(config: Path) -> str:
    """peft's record without the path that the base was loaded from, which is of one machine."""
    settings = json.loads(config.read_text())
    return json.dumps({**settings, "base_model_name_or_path": None}, indent=2) + "\n"


def rows(log: Path) -> list[dict[str, Any]]:
    """The rows of a run's log. Raises UsageError where there is none."""
    if not log.is_file():
        raise UsageError(f"{log}: there is no such file")
    return [json.loads(line) for line in log.read_text().splitlines()]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", choices=PHASES)
    parser.add_argument("run", type=Path, help="the run's folder (--out of rlrig grpo)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="instead of the package's checkpoints")
    given = parser.parse_args(arguments)
    print(bundle(given.phase, given.run, given.folder))


if __name__ == "__main__":
    leave(main)
