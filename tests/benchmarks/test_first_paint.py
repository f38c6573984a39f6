"""The first paint's benchmark in a real browser, on few samples: that it measures, not how much."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from benchmarks import first_paint
from benchmarks.first_paint import painting
from rlrig_eval.errors import UsageError

SLOW = "<!doctype html><script>const end = performance.now() + 700; while (performance.now() < end);</script><p>late"


def test_a_small_site_and_a_small_page_are_painted(chromium: str) -> None:
    results = first_paint.run(samples=6, rounds=2)
    assert [result.name for result in results] == [
        "first paint of a site of 6 samples",
        "first paint of a page in one file of 6 samples",
    ]
    for result in results:
        assert result.ours_wall_ms is not None
        assert result.ours_wall_ms.low > 0
        assert result.most_wall_ms == 1000
        assert result.verdict is not None


def test_what_delays_the_paint_is_measured(chromium: str, tmp_path: Path) -> None:
    quick, slow = tmp_path / "quick.html", tmp_path / "slow.html"
    quick.write_text(first_paint.EMPTY)
    slow.write_text(SLOW)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        costs = {path: painting(browser, path)() for path in (quick, slow)}
    assert costs[slow].wall >= 0.7  # its script ends no sooner
    assert costs[slow].processor > costs[quick].processor


def test_without_a_browser_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="no browser: install one of chromium, "):
        first_paint.run(samples=1, rounds=1)
