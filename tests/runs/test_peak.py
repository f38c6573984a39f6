"""Peak memory is that of the work watched, not of what came before."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest

from rlrig_eval.runs.peak import watched


@pytest.mark.skipif(sys.platform != "linux", reason="main memory is told on Linux alone")
def test_a_peak_is_of_the_work_that_was_watched() -> None:
    with watched() as large:
        np.ones(200 * 2**17).sum()  # 200 MiB, written to
    with watched() as small:
        pass
    # The allocator may keep some pages for itself: half of what was taken must show.
    assert large["ram"] - small["ram"] > 100
    assert small["ram"] > 1


def test_a_torch_that_another_thread_is_importing_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    half = ModuleType("torch")
    half.__spec__ = ModuleSpec("torch", None)
    half.__spec__._initializing = True  # what the import system says of a module while it is run
    monkeypatch.setitem(sys.modules, "torch", half)
    with watched() as found:
        pass
    assert "gpu" not in found
