"""The command line in this process: arguments in; exit code, output and errors out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rlrig_eval.cli import main
from tests.runs import tiny


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def rlrig_eval(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def command(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["rlrig-eval", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        shown = capsys.readouterr()
        return Done(int(left.value.code or 0), shown.out, shown.err)

    return command


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return tiny.write(tmp_path / "suite")
