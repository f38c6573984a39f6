"""The ablation: best-of-n cut short, equal budgets, and one report from one command."""

import json
from pathlib import Path

import pytest
import torch

from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.errors import NotComparable
from rlrig_eval.report.ablation.__main__ import main
from rlrig_eval.report.ablation.budget import Candidate, Cut, Operations, chosen, match, mixed
from rlrig_eval.report.ablation.contestants import LOOP, SINGLE, System, contestants, draw
from rlrig_eval.report.ablation.figures import headroom
from tests.models import untrained
from tests.runs import tiny

# peft 0.21 asks transformers 5.23 for an attribute by its old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@pytest.mark.parametrize(("cap", "best"), [(1, 0), (2, 1), (3, 1), (4, 3), (9, 3)])
def test_a_cut_answers_with_the_best_of_its_candidates_and_the_earliest_of_equals(cap: int, best: int) -> None:
    seen = [Candidate(0.5, 0.6), Candidate(0.5, 0.7), Candidate(0.5, 0.7), Candidate(1.0, 0.2)]
    assert chosen(seen, cap) == best


def cut(cap: int, cost: float, score: float | None) -> Cut:
    return Cut(cap, {"all_correct": {"p": score, "q": 1.0}}, {"images": cost})


CUTS = [cut(1, 1.0, 0.0), cut(2, 1.8, 0.4), cut(3, 2.4, 0.8)]


@pytest.mark.parametrize(
    ("cost", "caps", "share", "score", "short"),
    [
        (0.5, (1, 1), 0, 0.0, False),
        (1.8, (2, 3), 0, 0.4, False),
        (2.1, (2, 3), 0.5, 0.6, False),
        (2.4, (3, 3), 0, 0.8, False),
        (3.0, (3, 3), 0, 0.8, True),
    ],
)
def test_a_control_spends_in_the_mean_what_the_other_spent(cost, caps, share, score, short) -> None:
    found = match(CUTS, "images", cost)
    assert (found.caps, found.short) == (caps, short)
    assert found.share == pytest.approx(share)
    assert found.scores["all_correct"]["p"] == pytest.approx(score)
    assert found.scores["all_correct"]["q"] == 1.0


def test_a_prompt_that_one_cut_did_not_score_is_scored_by_none() -> None:
    assert mixed(CUTS[0].scores, cut(2, 2, None).scores, 0.5)["all_correct"] == {"p": None, "q": 1.0}


def test_an_edit_costs_the_tokens_of_its_picture_too() -> None:
    flow = {"steps": 10, "true_cfg": 1.0, "max_sequence_length": 48}
    guided = {**flow, "true_cfg": 2.0}
    work = Operations.of({"diffuser": flow, "editor": guided}, size=64)
    assert work.edit == pytest.approx(2 * (48 + 32) / (48 + 16))
    assert work(["draw", "edit", "fresh"]) == pytest.approx(2 + work.edit)


def test_headroom_is_the_share_of_what_lies_between_single_pass_and_truth() -> None:
    def of(*values: float | None) -> dict:
        return {"sg_iou": dict(zip("abc", values, strict=True))}

    scores = {SINGLE: of(0.2, 0.4, 0.0), "x": of(0.5, 0.7, 1.0), "truth through the VAE": of(0.8, 1.0, None)}
    assert headroom(scores, "x", "sg_iou") == pytest.approx(0.5)  # c has no ceiling, so it does not count
    flat = {**scores, "truth through the VAE": scores[SINGLE]}
    assert headroom(flat, "x", "sg_iou") is None


def test_folders_are_distinct_and_rows_say_what_they_need() -> None:
    rows = contestants(System())
    assert len({row.folder for row in rows}) == len(rows)
    assert {row.name: sorted(row.needs) for row in rows if row.needs} == {
        "Actor trained": ["actor"],
        "editor trained": ["editor"],
        "both trained": ["actor", "editor"],
    }


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    """An untrained RL-RIG whose single pass is a painter that is right half of the time."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("system")
    preset = untrained.preset(root)
    (root / "base.py").write_text(
        "from rlrig_eval.models.synthetic import Synthetic\n"
        "class Base(Synthetic):\n"
        "    def __init__(self):\n"
        "        super().__init__(0.5)\n"
        f"        self.settings = {{'size': 64, 'weights': {weights_hash(str(root / 'diffuser'))!r}}}\n"
    )
    return System(str(preset), f"{root / 'base.py'}:Base", str(root / "diffuser"))


@pytest.fixture(scope="module")
def made(system: System, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ablation")
    suite = tiny.write(folder / "suite")
    told = ["--suite", str(suite), "--limit", "4", "--runs", str(folder / "runs"), "--out", str(folder)]
    assert main([*told, "--preset", system.preset, "--base", system.base, "--vae", system.vae]) == 0
    return folder


def test_one_command_writes_the_report_and_leaves_out_by_name_what_was_not_trained(made: Path) -> None:
    found = json.loads((made / "ablation-shapes.json").read_text())
    assert set(found["left_out"]) == {"Actor trained", "editor trained", "both trained"}
    assert found["left_out"]["both trained"] == "not trained: actor and editor"
    assert list(found["rows"]) == [SINGLE, "best-of-n", LOOP, "random edits", "truth through the VAE"]
    assert found["rows"]["best-of-n"]["cost"]["images"] <= 5
    assert found["rows"][SINGLE]["metrics"]["all"]["all_correct"]["n"] == 4
    assert found["matched_images"]["random edits"]["cost"] >= 1
    assert LOOP in found["same_cap"]["best-of-n"]
    text = (made / "ablation-shapes.md").read_text()
    assert "not trained: actor and editor" in text
    assert "1.114" in text


def test_the_same_command_goes_on_with_the_runs_it_finds(made: Path, system: System) -> None:
    runs = made / "runs-4"
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*.png")}
    drawn = draw(system, str(made / "suite"), runs, 4, progress=False)
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*.png")} == before
    assert len(drawn.runs) == 5


def test_rows_with_another_diffuser_are_refused(made: Path, system: System, tmp_path: Path) -> None:
    other = tmp_path / "base.py"
    other.write_text(Path(system.base.rpartition(":")[0]).read_text().replace("'weights': '", "'weights': 'x"))
    with pytest.raises(NotComparable, match="different Diffusers"):
        draw(System(system.preset, f"{other}:Base", system.vae), str(made / "suite"), tmp_path, 1, progress=False)
