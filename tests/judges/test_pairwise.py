"""Runs held against each other by a judge: the better one wins, order is no merit, answers are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from rlrig_eval import evaluate, judges
from rlrig_eval.errors import NotComparable, UsageError
from rlrig_eval.judges import PAIRS
from rlrig_eval.judges.asking import AskingJudge
from rlrig_eval.judges.rubrics import rubric
from rlrig_eval.judges.rubrics.pairwise import Pair
from rlrig_eval.report.pairwise import render_ranking
from rlrig_eval.runs.pairwise import rank
from tests.judges.replies import PROMPT, Saying
from tests.runs import tiny

SEES = '''
"""Prefers the picture whose graph, as shapes.read has it, shows more of the scene: it knows the truth."""
from pathlib import Path

from rlrig_eval.judges import Reply
from rlrig_eval.shapes import read

ASKED = Path(__file__).with_name("asked")


class Sees:
    rubric = "p-yes"
    pair_rubric = "pairwise-p"

    def replies(self, requests):
        for request in requests:
            with ASKED.open("a") as file:
                file.write("x")
            first, second = (self.worth(image, request.text) for image in request.images)
            p = 0.5 if first == second else float(first > second)
            yield Reply("", p_yes=p)

    def worth(self, image, text):
        words = {e.category for e in read(image).entities}, {w for e in read(image).entities for w in e.attributes}
        return sum(word in text for found in words for word in found)


class First(Sees):
    def worth(self, image, text):
        return 0.0

    def replies(self, requests):
        for request in requests:
            yield Reply("", p_yes=0.9)


class Lost(First):
    def __init__(self):
        raise OSError("no weights")
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs good, fair and bad; one of other seeds; and two judges."""
    made = tmp_path_factory.mktemp("pairs")
    for name, rate in (("good", 0.0), ("fair", 0.4), ("bad", 1.0)):
        evaluate(tiny.suite(), "synthetic", options={"error_rate": rate}, limit=10, out=made / name)
    evaluate(tiny.suite(), "synthetic", seeds=(1,), limit=10, out=made / "other")
    (made / "sees.py").write_text(SEES)
    return made


def asked(folder: Path, name: str = "Sees") -> tuple[str, dict[str, str]]:
    return f"{folder / 'sees.py'}:{name}", {}


def test_the_better_run_is_ranked_first_and_nothing_is_asked_twice(folder: Path, tmp_path: Path) -> None:
    runs = [folder / name for name in ("bad", "good", "fair")]
    found = rank(runs, asked(folder), tmp_path / "out")
    assert found["ranking"][0]["run"] == "good"
    assert found["coverage"] == {"planned": 30, "ok": 30, "error": 0, "unscored": 0}
    assert found["position"]["consistent"]["mean"] == 1.0
    assert found["position"]["first"]["mean"] == 0.5
    assert json.loads((tmp_path / "out" / "ranking.json").read_text()) == found
    alike = sum(one["alike"] for one in found["pairs"])
    assert alike > 0  # good and fair drew most prompts to the last bit alike
    calls = len((folder / "asked").read_text())
    assert calls == 2 * (30 - alike)
    assert rank(runs, asked(folder), tmp_path / "out") == found
    assert len((folder / "asked").read_text()) == calls


def test_a_love_of_the_first_picture_ranks_nobody_and_shows(folder: Path, tmp_path: Path) -> None:
    found = rank([folder / "bad", folder / "good"], asked(folder, "First"), tmp_path / "out")
    assert [one["strength"] for one in found["ranking"]] == pytest.approx([0.0, 0.0])
    assert (found["position"]["first"]["mean"], found["position"]["consistent"]["mean"]) == (1.0, 0.0)
    assert "Shown first, a picture was preferred in 100%" in render_ranking(found, "md")


def test_a_budget_leaves_pairs_unscored_and_the_next_run_goes_on(folder: Path, tmp_path: Path) -> None:
    runs = [folder / "bad", folder / "good"]
    first = rank(runs, asked(folder), tmp_path / "out", limit=4, max_calls=4)
    assert first["coverage"] == {"planned": 4, "ok": 2, "error": 0, "unscored": 2}
    assert set(first["unscored"].values()) == {"not asked: the budget of 4 calls is spent"}
    second = rank(runs, asked(folder), tmp_path / "out", limit=4, max_calls=4)
    assert second["coverage"] == {"planned": 4, "ok": 4, "error": 0, "unscored": 0}


def without(run: Path, to: Path, failed: int, owed: int) -> Path:
    """The run, as if its first pictures had failed and its last were not drawn yet."""
    lines = (tiny.copy(run, to) / "samples.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines[: len(lines) - owed]]
    for row in rows[:failed]:
        row |= {"status": "error", "image": None, "image_sha256": None, "error": "out of paint"}
    (to / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return to


def test_a_picture_that_one_run_lacks_is_an_error_and_not_dropped(folder: Path, tmp_path: Path) -> None:
    gaps = without(folder / "good", tmp_path / "gaps", failed=2, owed=3)
    found = rank([folder / "bad", gaps, folder / "fair"], asked(folder), tmp_path / "out")
    # 10 samples of 3 pairs of runs; the 5 without a picture are in two pairs.
    assert found["coverage"] == {"planned": 30, "ok": 20, "error": 10, "unscored": 0}
    assert sorted(set(found["error"].values())) == ["gaps: not drawn", "gaps: out of paint"]
    assert len(found["error"]) == 10
    assert {(one["a"], one["b"]): (one["planned"], one["a_wins"]["n"]) for one in found["pairs"]} == {
        ("bad", "gaps"): (10, 5), ("bad", "fair"): (10, 10), ("gaps", "fair"): (10, 5),
    }  # fmt: skip
    text = render_ranking(found, "md")
    assert "Coverage: 20 of 30 pairs of pictures; 10 in error (one is missing), 0 unscored." in text
    assert text.count("| 0.500 |") >= 2
    limited = rank([folder / "bad", gaps], asked(folder), tmp_path / "few", limit=4)
    assert limited["coverage"] == {"planned": 4, "ok": 2, "error": 2, "unscored": 0}


def test_two_runs_that_share_no_picture_stand_in_the_table(folder: Path, tmp_path: Path) -> None:
    none = without(folder / "good", tmp_path / "none", failed=10, owed=0)
    found = rank([folder / "bad", none, folder / "fair"], asked(folder), tmp_path / "out")
    assert [(one["a"], one["b"], one["a_wins"]["n"]) for one in found["pairs"]][1:] == [
        ("bad", "none", 0), ("none", "fair", 0),
    ]  # fmt: skip
    assert "| bad | none | – | 0 | 0 | 0.000 |" in render_ranking(found, "md")


def test_what_a_run_did_not_plan_is_no_error_whichever_is_named_first(folder: Path, tmp_path: Path) -> None:
    few = evaluate(tiny.suite(), "synthetic", limit=4, out=tmp_path / "few").folder
    for number, runs in enumerate(([few, folder / "good", folder / "bad"], [folder / "good", folder / "bad", few])):
        found = rank(runs, asked(folder), tmp_path / f"out{number}")
        assert found["coverage"] == {"planned": 18, "ok": 18, "error": 0, "unscored": 0}


def test_what_cannot_be_ranked(folder: Path, tmp_path: Path) -> None:
    good = folder / "good"
    with pytest.raises(UsageError, match="at least two"):
        rank([good], asked(folder))
    with pytest.raises(UsageError, match="named twice"):
        rank([good, good], asked(folder))
    with pytest.raises(NotComparable, match="protocol"):
        rank([good, folder / "other"], asked(folder))
    with pytest.raises(UsageError, match="cannot be asked about pairs"):
        rank([good, folder / "bad"], ("panel", {"judges": "a=scripted,b=scripted"}))
    rank([good, folder / "bad"], asked(folder, "First"), tmp_path / "out", limit=1)
    with pytest.raises(UsageError, match="another judge"):
        rank([good, folder / "bad"], asked(folder), tmp_path / "out", limit=1)


def test_a_folder_that_cannot_be_written_to_and_a_judge_that_cannot_be_built_are_found_before_a_pair_is_asked(
    folder: Path, tmp_path: Path
) -> None:
    runs = [folder / "good", folder / "bad"]
    asked_before = (folder / "asked").read_text() if (folder / "asked").exists() else ""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write there"):
        rank(runs, asked(folder), tmp_path / "file" / "out", limit=1)
    bare = tiny.copy(folder / "good", tmp_path / "run")
    (bare / "pairwise").touch()  # as good as a run folder that is read-only, also to root
    with pytest.raises(UsageError, match="cannot write there"):
        rank([bare, folder / "bad"], asked(folder), limit=1)
    assert ((folder / "asked").read_text() if (folder / "asked").exists() else "") == asked_before
    with pytest.raises(UsageError, match="judge Lost: OSError: no weights"):
        rank(runs, asked(folder, "Lost"), tmp_path / "out", limit=1)


def test_a_rubric_of_the_other_kind_says_where_it_belongs() -> None:
    with pytest.raises(UsageError, match="rlrig-eval pairwise"):
        judges.resolve("shapes-vlm", {"rubric": "pairwise"})
    with pytest.raises(UsageError, match="asks about a picture"):
        judges.resolve("shapes-vlm", {"rubric": "p-yes"}, PAIRS)
    assert judges.resolve("shapes-vlm", {}, PAIRS).rubric == "pairwise-p/1"


@pytest.mark.parametrize(
    ("chances", "score", "consistent"), [((0.9, 0.2), 1.0, 1.0), ((0.9, 0.6), 0.5, 0.0), ((0.5, 0.5), 0.5, 1.0)]
)
def test_a_preference_from_p_yes_counts_when_it_stays(chances, score: float, consistent: float) -> None:
    given = iter(chances)
    pair = Pair(Image.new("RGB", (4, 4)), PROMPT, (), other=Image.new("RGB", (4, 4)))
    judge = AskingJudge(rubric("pairwise-p", PAIRS), Saying(lambda request: judges.Reply("", next(given))))
    (found,) = judge.verdicts([pair])
    assert (found.score, found.values["consistent"]) == (score, consistent)


def test_the_bundled_judge_is_shown_pairs(folder: Path, tmp_path: Path) -> None:
    found = rank([folder / "bad", folder / "good"], ("shapes-vlm", {}), tmp_path / "out", limit=2)
    assert found["coverage"] == {"planned": 2, "ok": 2, "error": 0, "unscored": 0}
    assert found["judge"]["rubric"] == "pairwise-p/1"
