"""A run's folder: nobody else's is touched, and what cannot be written to is found at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rlrig_eval import folders
from rlrig_eval.errors import UsageError
from rlrig_eval.runs.latest import merge_shards, read_samples
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.store import prepare, samples_file, scores_file, scores_files
from rlrig_eval.runs.writing import appending
from tests.runs.written import row, write


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match=r"no run\.json"):
        prepare(tmp_path, fresh=True)
    assert (tmp_path / "thesis.tex").exists()


def test_fresh_takes_away_the_run_and_nothing_else(tmp_path: Path) -> None:
    for name in ("run.json", "samples.jsonl", "samples.1-of-2.jsonl", "summary.json", "notes.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "images").mkdir()
    prepare(tmp_path, fresh=True)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("busy", ["samples.jsonl", "samples.1-of-2.jsonl", "scores/graph.jsonl"])
def test_fresh_does_not_take_away_a_run_that_another_process_is_at_work_on(tmp_path: Path, busy: str) -> None:
    (tmp_path / "run.json").write_text("")
    with appending(tmp_path / busy):
        with pytest.raises(UsageError, match="another process is writing"):
            prepare(tmp_path, fresh=True)
        assert (tmp_path / "run.json").exists()
        assert (tmp_path / busy).exists()


def test_a_file_of_the_users_whose_name_begins_like_the_samples_is_no_shard(tmp_path: Path) -> None:
    mine = tmp_path / "samples-by-hand.jsonl"
    mine.write_text("not ours\n")
    write(samples_file(tmp_path, Shard(1, 2)), row(1))
    (tmp_path / "run.json").write_text("")
    merge_shards(tmp_path, ["p1#s0"], [])
    assert read_samples(tmp_path) == {"p1#s0": row(1)}
    prepare(tmp_path, fresh=True)
    assert list(tmp_path.iterdir()) == [mine]


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
                prepare(tmp_path, fresh=True)
        for name in names:
            if (tmp_path / name).exists():
                (tmp_path / name).write_text("")
    prepare(tmp_path, fresh=True)
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
    prepare(tmp_path, fresh=False)


@pytest.mark.parametrize("where", ["/proc/nowhere/run", "/dev/null/run"])
def test_a_folder_that_cannot_be_written_to_is_found_at_once(where: str) -> None:
    with pytest.raises(UsageError, match="cannot write there"):
        prepare(Path(where), fresh=False)


def test_a_full_disk_is_found_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "LEAST_FREE", 2**62)
    with pytest.raises(UsageError, match="the disk is full"):
        prepare(tmp_path / "run", fresh=False)


def test_a_scorer_has_no_files_of_another_whose_name_begins_like_its_own(tmp_path: Path) -> None:
    files = {name: scores_file(tmp_path, name, Shard(1, 2)) for name in ("judge.gpt-4", "judge.gpt-4.1")}
    for file in files.values():
        write(file)
    assert {name: scores_files(tmp_path, name) for name in files} == {n: [file] for n, file in files.items()}
