"""Files survive a kill: rows are whole or owed again, documents are the old or the new."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from io import FileIO
from pathlib import Path

import pytest

from rlrig_eval import folders
from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.runs import store
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.rows import SampleRow, ScoreRow


def row(number: int, seconds: float = 1.0) -> SampleRow:
    return SampleRow(id=f"p{number}#s0", prompt_id=f"p{number}", seed=0, batch=0, status="ok", seconds=seconds)


def write(path: Path, *rows: SampleRow | ScoreRow) -> None:
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


def test_a_last_line_that_was_cut_off_inside_a_character_is_owed_again(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    write(path, row(0))
    line = failed(1).model_copy(update={"error": "kein Öl"}).model_dump_json().encode()
    with path.open("ab") as file:
        file.write(line[: line.index("Ö".encode()) + 1])
    assert list(store.read_rows(path, SampleRow)) == [row(0)]
    write(path, row(1))
    assert list(store.read_rows(path, SampleRow)) == [row(0), row(1)]


def test_a_whole_line_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(row(0).model_dump_json().encode() + b'\n{"id": "\xe9"}\n')
    with pytest.raises(UnreadableFile, match=r"samples\.jsonl:2: "):
        list(store.read_rows(path, SampleRow))


class Short(FileIO):
    """A file that takes seven bytes at a time, as a file may."""

    def write(self, content) -> int:
        return super().write(content[:7])


def test_short_writes_make_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "samples.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, *_, **__: Short(path, "a+"))
        write(path, row(0), row(1))
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


@pytest.mark.parametrize(
    "busy", ["samples.jsonl", "samples.2-of-2.jsonl", "scores/graph.jsonl", "scores/graph.2-of-2.jsonl"]
)
def test_a_run_that_is_written_to_is_not_merged(tmp_path: Path, busy: str) -> None:
    scored = ScoreRow(id="p1#s0", image_sha256="a", status="ok")
    for shard in (None, Shard(1, 2), Shard(2, 2)):
        write(store.samples_file(tmp_path, shard), row(1))
        write(store.scores_file(tmp_path, "graph", shard), scored)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    with store.appending(tmp_path / busy):
        with pytest.raises(UsageError, match="another process is writing"):
            store.merge_shards(tmp_path, ["p1#s0"], ["graph"])
        assert {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")} == before


def test_nobody_appends_to_what_a_merge_takes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [store.samples_file(tmp_path, Shard(2, 2)), store.scores_file(tmp_path, "graph", Shard(2, 2))]
    write(files[0], row(1))
    write(files[1], ScoreRow(id="p1#s0", image_sha256="a", status="ok"))
    refused, replace = [], store.replace_rows

    def replacing(path: Path, rows) -> None:
        if not refused:
            for file in files:
                with pytest.raises(UsageError, match="another process is writing"), store.appending(file):
                    pass
                refused.append(file)
        replace(path, rows)

    monkeypatch.setattr(store, "replace_rows", replacing)
    store.merge_shards(tmp_path, ["p1#s0"], ["graph"])
    assert refused == files
    assert not any(file.exists() for file in files)


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
                store.replace_rows(path, there)
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    write(path, row(2))
    assert list(store.read_rows(path, SampleRow)) == [*there, row(2)]


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


@pytest.mark.parametrize("busy", ["samples.jsonl", "samples.1-of-2.jsonl", "scores/graph.jsonl"])
def test_fresh_does_not_take_away_a_run_that_another_process_is_at_work_on(tmp_path: Path, busy: str) -> None:
    (tmp_path / "run.json").write_text("")
    with store.appending(tmp_path / busy):
        with pytest.raises(UsageError, match="another process is writing"):
            store.prepare(tmp_path, fresh=True)
        assert (tmp_path / "run.json").exists()
        assert (tmp_path / busy).exists()


def test_a_file_of_the_users_whose_name_begins_like_the_samples_is_no_shard(tmp_path: Path) -> None:
    mine = tmp_path / "samples-by-hand.jsonl"
    mine.write_text("not ours\n")
    write(store.samples_file(tmp_path, Shard(1, 2)), row(1))
    (tmp_path / "run.json").write_text("")
    store.merge_shards(tmp_path, ["p1#s0"], [])
    assert store.read_samples(tmp_path) == {"p1#s0": row(1)}
    store.prepare(tmp_path, fresh=True)
    assert list(tmp_path.iterdir()) == [mine]


def test_two_machines_whose_processes_have_one_number_do_not_share_a_file_while_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, replace = [], Path.replace

    def replacing(path: Path, target: Path) -> Path:
        made.append(path)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", replacing)
    for _ in range(2):
        store.replace_text(tmp_path / "run.json", "{}")
    assert made[0] != made[1]


def test_a_kill_while_fresh_takes_away_the_run_leaves_one_to_start_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("run.json", "suite.json", "samples.jsonl")
    for name in names:
        (tmp_path / name).write_text("")
    for kept in range(len(names)):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", killed_after(kept, Path.unlink))
            with pytest.raises(KeyboardInterrupt):
                store.prepare(tmp_path, fresh=True)
        for name in names:
            if (tmp_path / name).exists():
                (tmp_path / name).write_text("")
    store.prepare(tmp_path, fresh=True)
    assert not list(tmp_path.iterdir())


def killed_after(count: int, unlink: Callable[..., None]) -> Callable[..., None]:
    left = iter(range(count))

    def stopping(path: Path, missing_ok: bool = False) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    return stopping


def test_a_run_that_another_shard_begins_meanwhile_is_no_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, exists = [], Path.exists

    def beginning(path: Path) -> bool:
        """Whether it was there; then the other shard begins."""
        found = exists(path)
        if path.name == "run.json" and not looked:
            looked.append(path)
            (tmp_path / "run.json").write_text("{}")
        return found

    monkeypatch.setattr(Path, "exists", beginning)
    store.prepare(tmp_path, fresh=False)


@pytest.mark.parametrize("where", ["/proc/nowhere/run", "/dev/null/run"])
def test_a_folder_that_cannot_be_written_to_is_found_at_once(where: str) -> None:
    with pytest.raises(UsageError, match="cannot write there"):
        store.prepare(Path(where), fresh=False)


def test_a_full_disk_is_found_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "LEAST_FREE", 2**62)
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


@pytest.mark.parametrize("now", ["merged", "drawn again"])
def test_of_two_pictures_of_a_sample_the_one_on_disk_counts(tmp_path: Path, now: str) -> None:
    """A shard draws a batch again whole, and a merge may have taken in good pictures of it."""
    digests = {name: sha256(name.encode()).hexdigest() for name in ("merged", "drawn again")}
    samples = {name: drawn(1, digest) for name, digest in digests.items()}
    seen = {
        name: ScoreRow(id="p1#s0", image_sha256=digests[name], status=status)
        for name, status in (("merged", "ok"), ("drawn again", "unscored"))
    }
    for name, shard in (("merged", None), ("drawn again", Shard(2, 2))):
        write(store.samples_file(tmp_path, shard), samples[name])
        write(store.scores_file(tmp_path, "graph", shard), seen[name])
    picture = tmp_path / str(samples[now].image)
    picture.parent.mkdir()
    picture.write_text(now)
    there = ({"p1#s0": samples[now]}, {"graph": {"p1#s0": seen[now]}})
    assert store.read_run(tmp_path, ["graph"]) == there
    store.merge_shards(tmp_path, ["p1#s0"], ["graph"])
    assert store.read_run(tmp_path, ["graph"]) == there
    assert not list(tmp_path.rglob("*-of-*"))


def test_a_scorer_has_no_files_of_another_whose_name_begins_like_its_own(tmp_path: Path) -> None:
    files = {name: store.scores_file(tmp_path, name, Shard(1, 2)) for name in ("judge.gpt-4", "judge.gpt-4.1")}
    for file in files.values():
        write(file)
    assert {name: store.scores_files(tmp_path, name) for name in files} == {n: [file] for n, file in files.items()}


def test_in_one_file_a_later_failure_counts(tmp_path: Path) -> None:
    write(store.samples_file(tmp_path), row(1), failed(1))
    assert store.read_samples(tmp_path)["p1#s0"].status == "error"


def test_a_score_is_of_the_picture_that_the_run_has(tmp_path: Path) -> None:
    rows = {"p1#s0": drawn(1, "new"), "p2#s0": drawn(2, "kept"), "p3#s0": failed(3)}
    seen = {f"p{n}#s0": ScoreRow(id=f"p{n}#s0", image_sha256="kept", status="ok") for n in (1, 2, 3, 4)}
    assert set(store.current(rows, seen)) == {"p2#s0"}


def drawn(number: int, digest: str) -> SampleRow:
    return row(number).model_copy(update={"image": f"images/p{number}_0.png", "image_sha256": digest})
