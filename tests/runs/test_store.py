"""Files survive a kill: rows are whole or owed again, documents are the old or the new."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.runs import store
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.rows import SampleRow, ScoreRow


def row(number: int, seconds: float = 1.0) -> SampleRow:
    return SampleRow(id=f"p{number}#s0", prompt_id=f"p{number}", seed=0, batch=0, status="ok", seconds=seconds)


def write(path: Path, *rows: SampleRow) -> None:
    with store.appending(path) as append:
        append(rows)


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    write(tmp_path / "samples.jsonl", row(0), row(1))
    write(tmp_path / "samples.jsonl", row(2))
    assert list(store.read_rows(tmp_path / "samples.jsonl", SampleRow)) == [row(0), row(1), row(2)]


@pytest.mark.parametrize("kept", range(0, 60, 7))
def test_a_torn_last_line_is_owed_again_wherever_it_was_cut(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "samples.jsonl"
    write(path, row(0))
    with path.open("a") as file:
        file.write(row(1).model_dump_json()[:kept])
    assert list(store.read_rows(path, SampleRow)) == [row(0)]
    write(path, row(1))
    assert list(store.read_rows(path, SampleRow)) == [row(0), row(1)]


def test_a_line_that_is_whole_and_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text(row(0).model_dump_json() + "\n" + '{"id": "p1#s0", "colour": 3}\n')
    with pytest.raises(UnreadableFile, match=r"samples\.jsonl:2: prompt_id"):
        list(store.read_rows(path, SampleRow))


def test_the_last_row_of_a_sample_counts(tmp_path: Path) -> None:
    write(store.samples_file(tmp_path), row(0, seconds=1.0), row(0, seconds=2.0))
    assert store.read_samples(tmp_path)["p0#s0"].seconds == 2.0


def test_shards_are_read_as_one_and_merge_in_order(tmp_path: Path) -> None:
    for part in (2, 1):
        write(store.samples_file(tmp_path, Shard(part, 2)), row(part))
    before = store.read_samples(tmp_path)
    store.merge_shards(tmp_path, ["p1#s0", "p2#s0"], [])
    assert [path.name for path in tmp_path.glob("samples*")] == ["samples.jsonl"]
    assert list(store.read_rows(tmp_path / "samples.jsonl", SampleRow)) == [row(1), row(2)]
    assert store.read_samples(tmp_path) == before


def test_two_processes_do_not_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    other = (
        f"from rlrig_eval.runs import store; from pathlib import Path\nwith store.appending(Path({str(path)!r})): pass"
    )
    with store.appending(path):
        done = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "another process is writing" in done.stderr


def test_a_document_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    store.replace_json(tmp_path / "summary.json", {"n": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.replace_json(tmp_path / "summary.json", {"n": float("nan")})
    assert json.loads((tmp_path / "summary.json").read_text()) == {"n": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match=r"no run\.json"):
        store.prepare(tmp_path, fresh=True)
    assert (tmp_path / "thesis.tex").exists()


def test_fresh_takes_away_the_run_and_nothing_else(tmp_path: Path) -> None:
    for name in ("run.json", "samples.jsonl", "samples.1-of-2.jsonl", "summary.json", "notes.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "images").mkdir()
    store.prepare(tmp_path, fresh=True)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("where", ["/proc/nowhere/run", "/dev/null/run"])
def test_a_folder_that_cannot_be_written_to_is_found_at_once(where: str) -> None:
    with pytest.raises(UsageError, match="cannot write there"):
        store.prepare(Path(where), fresh=False)


def test_a_full_disk_is_found_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LEAST_FREE", 2**62)
    with pytest.raises(UsageError, match="the disk is full"):
        store.prepare(tmp_path / "run", fresh=False)


def failed(number: int) -> SampleRow:
    return row(number).model_copy(update={"status": "error", "error": "no memory"})


def test_what_a_shard_did_again_after_a_merge_counts_and_survives_the_next(tmp_path: Path) -> None:
    write(store.samples_file(tmp_path), row(1), failed(2))
    write(store.samples_file(tmp_path, Shard(2, 2)), row(2, seconds=3.0))
    assert store.read_samples(tmp_path)["p2#s0"].status == "ok"
    store.merge_shards(tmp_path, ["p1#s0", "p2#s0"], [])
    assert list(store.read_rows(tmp_path / "samples.jsonl", SampleRow)) == [row(1), row(2, seconds=3.0)]


def test_in_one_file_a_later_failure_counts(tmp_path: Path) -> None:
    write(store.samples_file(tmp_path), row(1), failed(1))
    assert store.read_samples(tmp_path)["p1#s0"].status == "error"


def test_a_score_is_of_the_picture_that_the_run_has(tmp_path: Path) -> None:
    rows = {"p1#s0": drawn(1, "new"), "p2#s0": drawn(2, "kept"), "p3#s0": failed(3)}
    seen = {f"p{n}#s0": ScoreRow(id=f"p{n}#s0", image_sha256="kept", status="ok") for n in (1, 2, 3, 4)}
    assert set(store.current(rows, seen)) == {"p2#s0"}


def drawn(number: int, digest: str) -> SampleRow:
    return row(number).model_copy(update={"image_sha256": digest})
