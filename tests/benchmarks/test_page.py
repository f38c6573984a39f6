"""reports/benchmarks.md is made of the committed results."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.page import main, page, read
from benchmarks.record import RESULTS
from rlrig_eval.assets import reports_dir
from rlrig_eval.errors import UnreadableFile


def test_the_committed_page_is_that_of_the_committed_results() -> None:
    assert (reports_dir() / "benchmarks.md").read_text("utf-8") == page(read(RESULTS))


def test_every_comparison_has_a_row_with_its_ratio_and_what_was_promised(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path / "page.md")]) == 0
    told = (tmp_path / "page.md").read_text("utf-8").replace("\\", "")  # Markdown's escapes
    results = [result for record in read(RESULTS) for result in record.results]
    assert [result.name for result in results if f"{result.name} (" not in told or result.peer not in told] == []
    assert told.count("kept") == sum(result.verdict == "kept" for result in results)


def test_a_damaged_result_is_named_with_its_field(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text((RESULTS / "iou.json").read_text().replace('"load"', '"lode"'))
    with pytest.raises(UnreadableFile, match=r"broken\.json: .*load"):
        read(tmp_path)
