"""What a run says: a row a step in the terminal, everything in log.jsonl."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from rlrig.grpo.trackers import Track, numbers
from rlrig_eval.errors import RunError

_COLUMNS = ("step", "phase", "reward", "gain", "accepted", "live", "ratio", "clip", "kl", "norm", "seconds", "left")
_HEADER_EVERY = 20


class Log:
    """Appends rows to `out`/log.jsonl; shows steps as a table whose header comes again every 20 rows; tells `track`."""

    def __init__(self, out: Path, console: Console, track: Track | None = None) -> None:
        self._path, self._console, self._rows, self._track = out / "log.jsonl", console, 0, track
        out.mkdir(parents=True, exist_ok=True)
        _whole_lines(self._path)

    def begin(self) -> None:
        """Drop what a run left that was killed before its first checkpoint."""
        self._path.unlink(missing_ok=True)

    def step(self, row: Mapping[str, Any]) -> None:
        self._write({"kind": "step", **row})
        self._follow(row, "train")
        if self._rows % _HEADER_EVERY == 0:
            self._show("".join(f"{name:>10}" for name in _COLUMNS), "bold")
        self._rows += 1
        self._show("".join(f"{_cell(row.get(name)):>10}" for name in _COLUMNS))

    def evaluation(self, row: Mapping[str, Any]) -> None:
        self._write({"kind": "evaluation", **row})
        self._follow(row, "dev")
        shown = ("soft", "gain", "kept", "hard", "accepted", "held_out", "copied", "unparsable")
        text = "  ".join(f"{name} {row[name]:.3f}" for name in shown if row.get(name) is not None)
        self._show(f"  dev after {row['step']} steps: {text}", "cyan")

    def run(self, name: str, phase: str, share: float, steps: int, minutes: float) -> int:
        """One of the runs of whose changes this log is about the sum, each by its share; its steps."""
        told = {"name": name, "phase": phase, "share": share, "steps": steps, "minutes": minutes}
        self._write({"kind": "run", **told})
        return steps

    def say(self, text: str) -> None:
        self._write({"kind": "note", "text": text})
        self._show(text)

    def _follow(self, row: Mapping[str, Any], group: str) -> None:
        if self._track is not None:
            self._track(numbers(row, group), row["step"])

    def _show(self, text: str, style: str | None = None) -> None:
        self._console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)

    def _write(self, row: Mapping[str, Any]) -> None:
        clean = {k: (None if isinstance(v, float) and not math.isfinite(v) else v) for k, v in row.items()}
        try:
            with self._path.open("a") as file:
                file.write(json.dumps(clean) + "\n")
        except OSError as problem:  # a full disk
            raise RunError(f"{self._path}: cannot be written ({problem.strerror or problem})") from problem


def _whole_lines(path: Path) -> None:
    """Cut off what a full disk or a kill left of a last row: the next one would be written on to it."""
    if path.is_file() and not (written := path.read_bytes()).endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(written.rfind(b"\n") + 1)


class Silent(Log):
    """For the processes that do not lead: their leader has said it."""

    def __init__(self) -> None:
        self._console, self._rows, self._track = Console(quiet=True), 0, None

    def begin(self) -> None:
        pass

    def _write(self, row: Mapping[str, Any]) -> None:
        pass


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}" if math.isfinite(value) else "-"
    return "-" if value is None else str(value)
