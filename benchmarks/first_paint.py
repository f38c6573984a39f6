"""The first paint of a site, and of a page in one file, of 5,000 samples, against that of an empty page.

First contentful paint as Chromium reports it, from the start of the navigation (W3C, Paint Timing), loaded from the
disk in a context of its own each time: nothing is cached but by the system.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.compare import enlarged
from benchmarks.measure import Contest, Cost, Result, Turn, hold
from rlrig_eval.errors import UsageError
from rlrig_eval.report import page, site
from rlrig_eval.runs import evaluate
from rlrig_eval.suite import load

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MOST_WALL_MS = 1000
EMPTY = "<!doctype html><title>empty</title><p>empty"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
PATIENCE, PAUSE = 60.0, 20
"""Seconds in all, milliseconds between two looks."""


def run(samples: int = 5000, rounds: int = 9) -> list[Result]:
    """One run of as many prompts, a picture each: no other runs of so many samples have more cards.

    Drawing and reading them comes first and takes minutes.
    """
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise UsageError(f"no browser: install one of {', '.join(BROWSERS)}")
    with TemporaryDirectory(prefix="rlrig-benchmark-") as scratch, sync_playwright() as driver:
        root = Path(scratch)
        empty = root / "empty.html"
        empty.write_text(EMPTY)
        runs = [evaluate(enlarged(load("spatial"), samples), "synthetic", out=root / "run").folder]
        shown = {"a site": site(runs, root / "site"), "a page in one file": page(runs, root / "page")}
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        return [
            hold(
                Contest(
                    name=f"first paint of {name} of {samples:,} samples",
                    ours="rlrig-eval view",
                    peer="an empty page",
                    unit="page",
                    units=1,
                    our_turn=painting(browser, document),
                    peer_turn=painting(browser, empty),
                    most_wall_ms=MOST_WALL_MS,
                ),
                rounds,
            )
            for name, document in shown.items()
        ]


def painting(browser: Browser, document: Path) -> Turn:
    """A turn that opens `document`: by the clock until its first paint, of the processor what its main thread took.

    The processor's time goes on until the document is loaded, which may be after the paint. RuntimeError where nothing
    is painted within PATIENCE.
    """

    def turn() -> Cost:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        opened = context.new_page()
        asked = context.new_cdp_session(opened)
        asked.send("Performance.enable")
        before = _processor(asked)
        opened.goto(document.as_uri(), timeout=1000 * PATIENCE)
        end = time.monotonic() + PATIENCE
        while (painted := opened.evaluate(PAINTED)) is None:
            if time.monotonic() > end:
                raise RuntimeError(f"{document.name}: not painted within {PATIENCE:g} s")
            opened.wait_for_timeout(PAUSE)
        cost = Cost(wall=painted / 1000, processor=_processor(asked) - before)
        context.close()
        return cost

    return turn


def _processor(asked: CDPSession) -> float:
    """Seconds that the page's main thread has computed; those of its process are told in hundredths alone."""
    told = asked.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in told if one["name"] == "ThreadTime"))
