"""The most memory that a piece of work took: of this process, and of its GPUs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MIB = 2**20
_OWN = Path("/proc/self")


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """A dict that holds, once left, the peaks in MiB: `ram`, what lay in main memory for this process, and `gpu`, what
    torch had allocated on all GPUs together.

    A peak that the system does not tell is not in it: main memory anywhere but on Linux. Threads of this process that
    do other work meanwhile count too.
    """
    found: dict[str, float] = {}
    known = _forget_ram()
    cuda = _cuda()
    for device in range(cuda.device_count()) if cuda else ():
        cuda.reset_peak_memory_stats(device)
    try:
        yield found
    finally:
        ram = _peak_ram() if known else None
        if ram is not None:
            found["ram"] = ram
        if cuda:
            found["gpu"] = sum(cuda.max_memory_allocated(device) for device in range(cuda.device_count())) / MIB


def _forget_ram() -> bool:
    """Begin the peak anew (proc(5), clear_refs); False where that cannot be."""
    try:
        (_OWN / "clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _peak_ram() -> float | None:
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB$", (_OWN / "status").read_text(), re.MULTILINE)
    except OSError:
        return None
    return None if found is None else int(found[1]) / 1024


def _cuda() -> Any:
    """torch.cuda where it is in use; torch is not imported for this."""
    torch = sys.modules.get("torch")
    if torch is None or getattr(torch.__spec__, "_initializing", False):  # a judge's thread may be importing it
        return None
    return torch.cuda if torch.cuda.is_available() and torch.cuda.is_initialized() else None
