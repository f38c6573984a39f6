"""What every test shares: no Hub, one thread unless the caller says otherwise, a browser for the pages."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Read when the libraries are first imported, so set before any test module is.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # models this small lose more to a second thread than they gain

# No deadline, as a busy machine is no failure; fewer examples than usual, as there are over a hundred properties.
settings.register_profile("house", deadline=None, max_examples=40)
settings.load_profile("house")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def chromium() -> str:
    """A Chromium for Playwright's `executable_path`. CI must have one; elsewhere its tests are skipped."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing = f"no browser: install one of {', '.join(BROWSERS)}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return found


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python imports from, as if packages were installed there."""
    folder = tmp_path / "site"
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "my_package"]:
        del sys.modules[name]
