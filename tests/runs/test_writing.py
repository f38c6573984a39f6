"""Rows survive a kill: each is whole or owed again, and one process at a time appends."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from io import FileIO
from pathlib import Path

import pytest

from rlrig_eval.runs.latest import read_rows
from rlrig_eval.runs.rows import SampleRow
from rlrig_eval.runs.writing import appending, replace_rows
from tests.runs.written import failed, row, write


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    write(tmp_path / "samples.jsonl", row(0), row(1))
    write(tmp_path / "samples.jsonl", row(2))
    assert list(read_rows(tmp_path / "samples.jsonl", SampleRow)) == [row(0), row(1), row(2)]


@pytest.mark.parametrize("kept", range(0, 60, 7))
def test_a_torn_last_line_is_owed_again_wherever_it_was_cut(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "samples.jsonl"
    write(path, row(0))
    with path.open("a") as file:
        file.write(row(1).model_dump_json()[:kept])
    assert list(read_rows(path, SampleRow)) == [row(0)]
    write(path, row(1))
    assert list(read_rows(path, SampleRow)) == [row(0), row(1)]


def test_a_last_line_that_was_cut_off_inside_a_character_is_owed_again(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    write(path, row(0))
    line = failed(1).model_copy(update={"error": "kein Öl"}).model_dump_json().encode()
    with path.open("ab") as file:
        file.write(line[: line.index("Ö".encode()) + 1])
    assert list(read_rows(path, SampleRow)) == [row(0)]
    write(path, row(1))
    assert list(read_rows(path, SampleRow)) == [row(0), row(1)]


class Short(FileIO):
    """A file that takes seven bytes at a time, as a file may."""

    def write(self, content) -> int:
        return super().write(content[:7])


def test_short_writes_make_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "samples.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, *_, **__: Short(path, "a+"))
        write(path, row(0), row(1))
    assert list(read_rows(path, SampleRow)) == [row(0), row(1)]


def test_two_processes_do_not_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    imports = "from pathlib import Path\nfrom rlrig_eval.runs.writing import appending"
    other = f"{imports}\nwith appending(Path({str(path)!r})): pass"
    with appending(path):
        done = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "another process is writing" in done.stderr


@pytest.mark.parametrize("there", [[row(1)], []], ids=["replaced", "taken away"])
def test_a_file_that_a_merge_moves_while_it_is_locked_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[SampleRow]
) -> None:
    path = tmp_path / "samples.jsonl"
    write(path, row(0))
    merged, flock = [], fcntl.flock

    def late(file: FileIO, operation: int) -> None:
        if not merged:
            merged.append(file)
            path.unlink()
            if there:
                replace_rows(path, there)
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    write(path, row(2))
    assert list(read_rows(path, SampleRow)) == [*there, row(2)]
