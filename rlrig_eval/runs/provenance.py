"""Where a run happens: code, packages, hardware."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rlrig_eval import __version__
from rlrig_eval.plugins.redaction import redacted_argv
from rlrig_eval.runs.config import Provenance
from rlrig_eval.runs.storable import legible

_PACKAGES = ("torch", "diffusers", "transformers", "numpy", "scipy", "pillow", "pydantic")


def provenance() -> Provenance:
    """A record of this process; imports none of the libraries whose versions it notes."""
    commit, dirty = _git()
    return Provenance(
        argv=tuple(map(legible, redacted_argv(sys.argv))),
        commit=commit,
        dirty=dirty,
        python=platform.python_version(),
        packages={"rlrig-eval": __version__} | {name: v for name in _PACKAGES if (v := _version(name))},
        hardware={
            "machine": platform.machine(),
            "system": platform.system(),
            "cpus": os.cpu_count() or 0,
            **({"cpu": name} if (name := _cpu()) else {}),
        },
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def with_gpus(told: Provenance) -> Provenance:
    """The record with the names of the GPUs that torch sees, where a model has loaded it."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return told
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return told.model_copy(update={"hardware": {**told.hardware, "gpus": ", ".join(names)}})


def _cpu() -> str:
    """The processor's name; empty where nothing tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git() -> tuple[str | None, bool | None]:
    """Commit and whether there are changes, of the checkout that this code runs from; None in a wheel."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None, None
    try:
        commit = _ask(root, "rev-parse", "HEAD")
        return commit, bool(_ask(root, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _ask(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()
