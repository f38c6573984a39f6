"""docs/adding-a-judge.md is true: its judge works from a file and as an entry point, in as few lines as promised."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from rlrig_eval import evaluate, judges
from rlrig_eval.errors import Exit
from rlrig_eval.runs.rescore import rescore
from tests.models import guide
from tests.runs import tiny

JUDGE = guide.block("adding-a-judge.md", "python")


def test_it_is_as_short_as_promised() -> None:
    assert len(JUDGE.splitlines()) <= 40


def judge_with(name: str, out: Path) -> None:
    evaluate(tiny.suite(), "synthetic", limit=4, out=out)
    run = rescore(out, judge=(name, {"reach": "200"}))
    assert run.exit_code is Exit.OK
    assert run.summary["metrics"]["judge.Palette" if ":" in name else "judge.palette"]["n"] == 4


def test_it_judges_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "palette.py").write_text(JUDGE)
    judge_with(f"{tmp_path / 'palette.py'}:Palette", tmp_path / "run")


def test_it_judges_as_an_entry_point(site: Path, tmp_path: Path) -> None:
    guide.install(site, "palette", JUDGE, guide.block("adding-a-judge.md", "toml"))
    assert "palette" in judges.names()
    judge_with("palette", tmp_path / "run")
    assert judges.resolve("palette", {}).source_sha256 == sha256(JUDGE.encode()).hexdigest()
