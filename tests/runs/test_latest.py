"""Which row of a sample counts, in one file and over those of shards, before a merge and after it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.runs import latest
from rlrig_eval.runs.latest import current, merge_shards, read_rows, read_run, read_samples
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.store import samples_file, scores_file
from rlrig_eval.runs.writing import appending, replace_rows
from tests.runs.written import drawn, failed, row, write


def test_a_whole_line_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(row(0).model_dump_json().encode() + b'\n{"id": "\xe9"}\n')
    with pytest.raises(UnreadableFile, match=r"samples\.jsonl:2: "):
        list(read_rows(path, SampleRow))


def test_a_line_that_is_whole_and_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text(row(0).model_dump_json() + "\n" + '{"id": "p1#s0", "colour": 3}\n')
    with pytest.raises(UnreadableFile, match=r"samples\.jsonl:2: prompt_id"):
        list(read_rows(path, SampleRow))


def test_the_last_row_of_a_sample_counts(tmp_path: Path) -> None:
    write(samples_file(tmp_path), row(0, seconds=1.0), row(0, seconds=2.0))
    assert read_samples(tmp_path)["p0#s0"].seconds == 2.0


def test_in_one_file_a_later_failure_counts(tmp_path: Path) -> None:
    write(samples_file(tmp_path), row(1), failed(1))
    assert read_samples(tmp_path)["p1#s0"].status == "error"


def test_a_score_is_of_the_picture_that_the_run_has(tmp_path: Path) -> None:
    rows = {"p1#s0": drawn(1, "new"), "p2#s0": drawn(2, "kept"), "p3#s0": failed(3)}
    seen = {f"p{n}#s0": ScoreRow(id=f"p{n}#s0", image_sha256="kept", status="ok") for n in (1, 2, 3, 4)}
    assert set(current(rows, seen)) == {"p2#s0"}


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
        write(samples_file(tmp_path, shard), samples[name])
        write(scores_file(tmp_path, "graph", shard), seen[name])
    picture = tmp_path / str(samples[now].image)
    picture.parent.mkdir()
    picture.write_text(now)
    there = ({"p1#s0": samples[now]}, {"graph": {"p1#s0": seen[now]}})
    assert read_run(tmp_path, ["graph"]) == there
    merge_shards(tmp_path, ["p1#s0"], ["graph"])
    assert read_run(tmp_path, ["graph"]) == there
    assert not list(tmp_path.rglob("*-of-*"))


def test_shards_are_read_as_one_and_merge_in_order(tmp_path: Path) -> None:
    for part in (2, 1):
        write(samples_file(tmp_path, Shard(part, 2)), row(part))
    before = read_samples(tmp_path)
    merge_shards(tmp_path, ["p1#s0", "p2#s0"], [])
    assert [path.name for path in tmp_path.glob("samples*")] == ["samples.jsonl"]
    assert list(read_rows(tmp_path / "samples.jsonl", SampleRow)) == [row(1), row(2)]
    assert read_samples(tmp_path) == before


def test_what_a_shard_did_again_after_a_merge_counts_and_survives_the_next(tmp_path: Path) -> None:
    write(samples_file(tmp_path), row(1), failed(2))
    write(samples_file(tmp_path, Shard(2, 2)), row(2, seconds=3.0))
    assert read_samples(tmp_path)["p2#s0"].status == "ok"
    merge_shards(tmp_path, ["p1#s0", "p2#s0"], [])
    assert list(read_rows(tmp_path / "samples.jsonl", SampleRow)) == [row(1), row(2, seconds=3.0)]


@pytest.mark.parametrize(
    "busy", ["samples.jsonl", "samples.2-of-2.jsonl", "scores/graph.jsonl", "scores/graph.2-of-2.jsonl"]
)
def test_a_run_that_is_written_to_is_not_merged(tmp_path: Path, busy: str) -> None:
    scored = ScoreRow(id="p1#s0", image_sha256="a", status="ok")
    for shard in (None, Shard(1, 2), Shard(2, 2)):
        write(samples_file(tmp_path, shard), row(1))
        write(scores_file(tmp_path, "graph", shard), scored)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    with appending(tmp_path / busy):
        with pytest.raises(UsageError, match="another process is writing"):
            merge_shards(tmp_path, ["p1#s0"], ["graph"])
        assert {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")} == before


def test_nobody_appends_to_what_a_merge_takes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [samples_file(tmp_path, Shard(2, 2)), scores_file(tmp_path, "graph", Shard(2, 2))]
    write(files[0], row(1))
    write(files[1], ScoreRow(id="p1#s0", image_sha256="a", status="ok"))
    refused, replace = [], replace_rows

    def replacing(path: Path, rows) -> None:
        if not refused:
            for file in files:
                with pytest.raises(UsageError, match="another process is writing"), appending(file):
                    pass
                refused.append(file)
        replace(path, rows)

    monkeypatch.setattr(latest, "replace_rows", replacing)
    merge_shards(tmp_path, ["p1#s0"], ["graph"])
    assert refused == files
    assert not any(file.exists() for file in files)
