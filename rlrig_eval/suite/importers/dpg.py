"""DPG-Bench: dense prompts with the propositions of DSG (arXiv 2403.05135, TencentQQGYLab/ELLA)."""

from pathlib import Path

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.suite.documents import read_text as read_file
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, checked
from rlrig_eval.suite.importers.dsg import Rows, mended, propositions
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.importers.tuples import Proposition


def read(path: Path, variant: str) -> Imported:
    """With the texts of `prompts/<item_id>.txt`, which models are given, where that folder lies beside the CSV."""
    file = the_file(path, "dpg_bench.csv", "*.csv")
    rows = checked(records(file), Proposition)
    folder = file.parent / "prompts"
    texts = _texts(folder, rows) if folder.is_dir() else None
    found = propositions("dpg", rows, texts)
    return Imported(found, [file, folder] if texts else [file], mended(rows))


def _texts(folder: Path, rows: Rows) -> dict[str, str]:
    """By item id; found by listing, so that an id never becomes a path."""
    listed = {file.stem: file for file in folder.glob("*.txt")}
    for row in rows:
        if row.record.item_id not in listed:
            raise UnreadableFile(
                f"there is no prompts/{row.record.item_id}.txt", path=row.path, line=row.line, field="item_id"
            )
    return {item: read_file(listed[item]).strip() for item in dict.fromkeys(row.record.item_id for row in rows)}


BENCHMARK = Benchmark(
    name="dpg",
    title="DPG-Bench",
    source="github.com/TencentQQGYLab/ELLA (dpg_bench/), arXiv 2403.05135",
    licence="Apache-2.0",
    files="dpg_bench.csv, or the folder with it and prompts/",
    read=read,
    images_per_prompt=4,
)
