"""Extractors by name: what a user's own class does wrong is told in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlrig_eval.errors import UsageError
from rlrig_eval.extract import ExtractorSpec, build, resolve


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    def __init__(self):\n        open('/nowhere/weights.pt')\n", r"FileNotFoundError: .*weights\.pt"),
        ("    def check():\n        raise ImportError('no such backend')\n", "ImportError: no such backend"),
        ("    del version\n", "AttributeError: .*version"),
    ],
    ids=["built", "checked", "read"],
)
def test_a_class_that_raises_is_one_clear_line(tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / "lost.py").write_text(f"class Mine:\n    name = version = 'mine'\n{body}")
    with pytest.raises(UsageError, match=rf"extractor '.*lost\.py:Mine': {said}"):
        resolve(f"{tmp_path / 'lost.py'}:Mine")


def test_a_class_that_raises_when_a_run_builds_it_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "lost.py").write_text("class Mine:\n    def __init__(self):\n        open('/nowhere/weights.pt')\n")
    spec = ExtractorSpec(name="mine", version="1", source=f"{tmp_path / 'lost.py'}:Mine")
    with pytest.raises(UsageError, match=r"extractor '.*lost\.py:Mine': FileNotFoundError: .*weights\.pt"):
        build(spec)
