"""Waiting for a page that runs no script but its own: `wait_for_function` would have to evaluate text in it."""

from __future__ import annotations

import time

from playwright.sync_api import Page

PATIENCE, PAUSE = 60.0, 50
"""Seconds in all, milliseconds between two looks: a busy machine is no failure."""


def until(page: Page, expression: str) -> None:
    """Return once the JavaScript `expression` is true in the page."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never true: {expression}"
        page.wait_for_timeout(PAUSE)
