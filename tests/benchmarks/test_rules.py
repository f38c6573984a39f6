"""benchmarks.rules: the committed report can be made again, and a scene depends on its number alone."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.rules import RULES, main, measure

REPORT = Path(__file__).parents[2] / "reports" / "metric-rules.json"


@pytest.mark.parametrize("rule", ["geneval_relations", "hrs_relations", "compbench_2d: next to"])
def test_quick_rules_come_out_as_committed(rule: str) -> None:
    committed = json.loads(REPORT.read_text("utf-8"))
    row = next(row for row in committed["rules"] if row["rule"] == rule)
    made = asdict(measure(rule, row["scenes"], committed["seed"]))
    # Means of 10,000 scores, rounded to six places; sums may differ in the last bits between builds of numpy.
    assert {key: made[key] for key in ("rule", "about", "scenes")} == {
        key: row[key] for key in ("rule", "about", "scenes")
    }
    assert [made[key] for key in ("differ", "published", "corrected")] == pytest.approx(
        [row[key] for key in ("differ", "published", "corrected")], abs=2e-6
    )


def test_the_command_writes_every_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "rules.json"
    monkeypatch.setattr(sys, "argv", ["rules", "--scenes", "20", "--seed", "3", "--out", str(out)])
    main()
    report = json.loads(out.read_text("utf-8"))
    assert [row["rule"] for row in report["rules"]] == list(RULES)
    assert report["command"] == f"python -m benchmarks.rules --scenes 20 --seed 3 --out {out}"
    for row in report["rules"]:
        assert all(0 <= row[key] <= 1 for key in ("differ", "published", "corrected"))
    assert asdict(measure("visor_sra", 20, 3)) in report["rules"]
    assert asdict(measure("visor_sra", 20, 4)) not in report["rules"]
