"""docs/metrics.md: its code runs, its rules exist, and its figures are those of the committed report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.rules import RULES
from rlrig_eval import metrics
from tests.docs.blocks import DOCS, blocks

PAGE = (DOCS / "metrics.md").read_text("utf-8")
REPORT = json.loads((DOCS.parent / "reports" / "metric-rules.json").read_text("utf-8"))
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]


def test_every_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = blocks("metrics.md")
    assert {block.language for block in found} == {"python"}
    for block in found:
        exec(compile(block.text, str(block), "exec"), {})


def test_every_rule_of_the_table_is_a_function_and_every_function_of_a_benchmark_has_a_row() -> None:
    named = {name for cells in ROWS for name in re.findall(r"`(\w+)[^`]*`", cells[0])}
    assert all(callable(getattr(metrics, name)) for name in named)
    families = ("geneval_", "compbench_", "visor", "hrs_", "paintskills_", "dsg_", "dpg_", "soft_tifa", "spice", "sg_")
    public = {name for name in metrics.__all__ if name.startswith(families)}
    # What only prepares or sums up the rule beside it in the table, or has another form of it.
    helpers = {"geneval_objects", "compbench_locality", "compbench_complex_kind", "dsg_parents", "dsg_scores"}
    helpers |= {"compbench_position_2d", "compbench_position_3d", "hrs_score", "paintskills_object"}
    helpers |= {"paintskills_count", "soft_tifa_spellings", "spice_tuples", "sg_complexity"}
    assert public - named == helpers


def test_the_measured_figures_are_those_of_the_report() -> None:
    def share(value: float) -> str:
        return f"{value:.3f}".removeprefix("0")

    told = {re.match(r"`(.+?)`", cells[0])[1]: cells[3:] for cells in ROWS if cells[3] != "–"}
    assert told == {
        row["rule"]: [f"{100 * row['differ']:.1f} %", share(row["published"]), share(row["corrected"])]
        for row in REPORT["rules"]
    }


def test_the_report_is_of_every_measured_rule_on_as_many_scenes_as_the_page_says() -> None:
    assert [row["rule"] for row in REPORT["rules"]] == list(RULES)
    assert {f"{row['scenes']:,}" for row in REPORT["rules"]} == set(re.findall(r"on ([\d,]+) random scenes", PAGE))
    assert "python -m benchmarks.rules" in REPORT["command"]


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((\S+?)\)", PAGE)
    assert links
    assert all((DOCS / link).is_file() for link in links)
