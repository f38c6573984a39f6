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
from rlrig_eval.report.ablation.figures import HARD, headroom
from rlrig_eval.report.ablation.promises import promises
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


def test_every_other_training_seed_is_a_row_of_its_own() -> None:
    rows = {row.name: row for row in contestants(System(retrained={"seed 1": "runs/one/export"}))}
    assert rows["both trained, seed 1"].options["preset"] == "runs/one/export"
    assert list(rows).index("both trained, seed 1") == list(rows).index("both trained") + 1


def told(
    *, low: float = 0.01, closed: float = 0.5, images: float = 3.0, edges: float = 0.04, judged: float = 0.1
) -> dict:
    """Figures of two training seeds; the second does as it is told."""

    def row(closed: float, images: float, edges: float) -> dict:
        looks = {"edge_density": edges, "colour_entropy": 0.6}
        return {"headroom": {"all_correct": closed, "sg_iou": closed}, "images_per_solved": images, "looks": looks}

    def over(low: float, judged: float) -> dict:
        one = {"mean": low + 0.05, "ci95": [low, low + 0.1]}
        by = {"all_correct": one, "requirements": {"mean": 0.05, "ci95": [0.0, 0.1]}}
        return {part: {**by, "judge.x": {"mean": judged, "ci95": [0.0, 0.2]}} for part in ("all", HARD)}

    seeds = {"both trained": (0.01, 0.1), "both trained, seed 1": (low, judged)}
    return {
        "rows": {
            SINGLE: row(0, 3.0, 0.05),
            LOOP: row(0.2, 4.0, 0.05),
            "both trained": row(0.5, 3.0, 0.05),
            "both trained, seed 1": row(closed, images, edges),
        },
        "same_cap": {other: {name: over(*of) for name, of in seeds.items()} for other in (LOOP, "best-of-n")},
    }


def test_what_was_promised_is_kept_when_every_training_seed_keeps_it() -> None:
    made = promises(told())
    assert [one.kept for one in made] == [True] * len(made)
    assert len(made) == 8


@pytest.mark.parametrize(
    ("short", "broken"),
    [
        ({"low": 0.0}, ["above", "above", "above"]),
        ({"closed": 0.39}, ["headroom, all correct", "headroom, strict SG-IoU"]),
        ({"images": 4.0}, ["images per solved prompt"]),
        ({"edges": 0.02}, ["edges and colours"]),
        ({"judged": -0.01}, ["judge.x agrees"]),
    ],
)
def test_one_seed_that_falls_short_breaks_a_promise_and_no_other(short: dict, broken: list[str]) -> None:
    found = [one.what for one in promises(told(**short)) if one.kept is False]
    assert len(found) == len(broken)
    assert all(word in what for word, what in zip(broken, found, strict=True))


def test_what_was_not_measured_is_neither_kept_nor_broken() -> None:
    bare = told()
    bare["rows"] = {name: row for name, row in bare["rows"].items() if name in (SINGLE, LOOP)}
    bare["same_cap"] = {other: {} for other in bare["same_cap"]}
    assert {one.what.split(":")[0]: one.kept for one in promises(bare) if one.kept is not None} == {
        f"edges and colours of every row at least 0.50 of the {SINGLE}'s": True
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
    words = ["--suite", str(suite), "--limit", "4", "--runs", str(folder / "runs"), "--out", str(folder)]
    assert main([*words, "--preset", system.preset, "--base", system.base, "--vae", system.vae]) == 0
    return folder


def test_one_command_writes_the_report_and_leaves_out_by_name_what_was_not_trained(made: Path) -> None:
    found = json.loads((made / "ablation-shapes.json").read_text())
    assert set(found["left_out"]) == {"Actor trained", "editor trained", "both trained"}
    assert found["left_out"]["both trained"] == "not trained: actor and editor"
    assert list(found["rows"]) == [SINGLE, "best-of-n", LOOP, "random edits", "truth through the VAE"]
    best, single = found["rows"]["best-of-n"], found["rows"][SINGLE]
    assert best["cost"]["images"] <= 5
    traces = [json.loads(path.read_text())["rounds"] for path in (made / "runs-4" / "best-of-n").glob("traces/*.json")]
    asked = [sum(len(candidate["probabilities"]) for candidate in rounds[:5]) for rounds in traces]
    assert best["cost"]["vlm_calls"] == pytest.approx(sum(asked) / 4)  # as if it had stopped at five
    assert best["looks"].keys() == single["looks"].keys()
    assert found["rows"][SINGLE]["metrics"]["all"]["all_correct"]["n"] == 4
    assert found["matched_images"]["random edits"]["cost"] >= 1
    assert LOOP in found["same_cap"]["best-of-n"]
    text = (made / "ablation-shapes.md").read_text()
    assert "not trained: actor and editor" in text
    assert "Training seeds of both adapters: 0 of the 3" in text
    assert "| unknown |" in text
    assert "1.114" in text


def test_the_same_command_goes_on_with_the_runs_it_finds(made: Path, system: System) -> None:
    runs = made / "runs-4"
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*.png")}
    drawn = draw(system, str(made / "suite"), runs, 4, progress=False)
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*.png")} == before
    assert len(drawn.runs) == 5


def test_what_cannot_be_written_or_meant_is_found_before_anything_is_drawn(tmp_path: Path, capsys) -> None:
    (tmp_path / "file").touch()
    told = ["--suite", "spatial:dev", "--runs", str(tmp_path / "runs")]
    assert main([*told, "--out", str(tmp_path / "file" / "reports")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main([*told, "--retrained", "runs/one/export"])
    assert end.value.code == 2
    assert "is not LABEL=PRESET" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_rows_with_another_diffuser_are_refused(made: Path, system: System, tmp_path: Path) -> None:
    other = tmp_path / "base.py"
    other.write_text(Path(system.base.rpartition(":")[0]).read_text().replace("'weights': '", "'weights': 'x"))
    with pytest.raises(NotComparable, match="different Diffusers"):
        draw(System(system.preset, f"{other}:Base", system.vae), str(made / "suite"), tmp_path, 1, progress=False)


@pytest.mark.parametrize("sampling", ["'steps': 50", "'true_cfg': 7.0"])
def test_a_single_pass_that_samples_otherwise_than_the_loop_draws_is_no_control(
    sampling: str, made: Path, system: System, tmp_path: Path
) -> None:
    other = tmp_path / "base.py"
    plain = Path(system.base.rpartition(":")[0]).read_text()
    other.write_text(plain.replace("'size': 64", f"'size': 64, {sampling}"))
    with pytest.raises(NotComparable, match=sampling.split("'")[1]):
        draw(System(system.preset, f"{other}:Base", system.vae), str(made / "suite"), tmp_path, 1, progress=False)


def test_a_row_without_a_picture_ends_in_one_line(system: System, made: Path, tmp_path: Path, capsys) -> None:
    broken = tmp_path / "base.py"
    broken.write_text(
        Path(system.base.rpartition(":")[0]).read_text()
        + "    def generate(self, jobs):\n        raise RuntimeError('no memory')\n"
    )
    words = ["--suite", str(made / "suite"), "--limit", "1", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path)]
    assert main([*words, "--preset", system.preset, "--base", f"{broken}:Base", "--vae", system.vae]) == 1
    assert "error: single pass: no picture of it was drawn" in capsys.readouterr().err
