"""The ablation: its rows drawn, gone on with and judged, and one report from one command."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.errors import NotComparable, RunError, UsageError
from rlrig_eval.report.ablation.__main__ import main
from rlrig_eval.report.ablation.contestants import LOOP, SINGLE, System, contestants, draw
from rlrig_eval.report.ablation.cuts import best_of_n, require_answers
from rlrig_eval.report.ablation.figures import figures
from rlrig_eval.report.ablation.page import tables
from rlrig_eval.report.ablation.pooled import pooled
from tests.models import untrained
from tests.report.ablation.invented import differs
from tests.runs import tiny

# peft 0.21 asks transformers 5.23 for an attribute by its old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


def test_folders_are_distinct_and_rows_say_what_they_need() -> None:
    rows = contestants(System())
    assert len({row.folder(seeds) for row in rows for seeds in (None, (0, 1), (2, 3))}) == 3 * len(rows)
    assert {row.name: sorted(row.needs) for row in rows if row.needs} == {
        "Actor trained": ["actor"],
        "editor trained": ["editor"],
        "both trained": ["actor", "editor"],
    }


def test_every_other_training_seed_is_a_row_of_its_own() -> None:
    rows = {row.name: row for row in contestants(System(retrained={"seed 1": "runs/one/export"}))}
    assert rows["both trained, seed 1"].options["preset"] == "runs/one/export"
    assert list(rows).index("both trained, seed 1") == list(rows).index("both trained") + 1


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
    assert found["left_out"]["both trained"].count("asks for a trained") == 2
    assert list(found["rows"]) == [SINGLE, "best-of-n", LOOP, "random edits", "truth through the VAE"]
    best, single = found["rows"]["best-of-n"], found["rows"][SINGLE]
    assert best["cost"]["images"] <= 5
    traces = [json.loads(path.read_text())["rounds"] for path in (made / "runs-4" / "best-of-n").glob("traces/*.json")]
    asked = [sum(len(candidate["probabilities"]) for candidate in rounds[:5]) for rounds in traces]
    assert best["cost"]["vlm_calls"] == pytest.approx(sum(asked) / 4)  # as if it had stopped at five
    assert best["looks"].keys() == single["looks"].keys()
    assert found["rows"][SINGLE]["metrics"]["all"]["all_correct"]["n"] == 4
    random = found["matched_images"]["random edits"]["all"]
    assert random["cost"] == random["control"]["cost"] or random["control"]["short"]
    assert LOOP in found["same_cap"]["best-of-n"]
    text = (made / "ablation-shapes.md").read_text()
    assert "rl: actor asks for a trained actor" in text
    assert "Training seeds of both adapters: 0 of the 3" in text
    assert "| unknown |" in text
    assert "1.114" in text


def test_every_figure_says_of_how_many_prompts_it_is(made: Path) -> None:
    found = json.loads((made / "ablation-shapes.json").read_text())
    found["judges"] = ["judge.x"]
    for row in found["rows"].values():
        by = row["metrics"]["all"]
        by["judge.x"], by["judge.x.soft_am"] = {**by["all_correct"], "n": 3}, by["all_correct"]
        by["pair_accuracy"] = {**by["pair_accuracy"], "n": 2}
    by = found["same_cap"][LOOP][SINGLE]["all"] = {metric: differs(0.1) for metric in ("all_correct", "requirements")}
    by["judge.x"] = {**by["all_correct"], "n": 2}
    pair = {"reader": by["judge.x"], "judge": by["judge.x"]}
    found["judged"] = {"judge.x": {SINGLE: {"all": {"requirements": pair, "all_correct": pair}}}}
    heads = {column.title for table in tables(found) for column in table.columns}
    assert "coverage, all correct" in heads
    assert "coverage" not in heads

    def counts(title: str) -> dict:
        table = next(table for table in tables(found) if table.title.startswith(title))
        first = dict(zip((column.title for column in table.columns), table.rows[0], strict=True))
        return {head: cell for head, cell in first.items() if head.startswith("n")}

    assert counts("Scores: all") == {
        "n: all correct, requirements, strict SG-IoU": 4,
        "n: pair accuracy": 2,
        "n: judge.x": 3,
    }
    same_cap = counts(f"Same cap: at most 5 images. Row − {LOOP}")
    assert same_cap == {"n: all correct, requirements": 9, "n: strict SG-IoU": None, "n: judge.x": 2}
    assert counts("Reader and judge.x") == {"n": 2}


def test_the_same_command_goes_on_with_the_runs_it_finds(made: Path, system: System) -> None:
    runs = made / "runs-4"
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*.png")}
    drawn = draw(system, str(made / "suite"), runs, 4, progress=False)
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*.png")} == before
    assert len(drawn.runs) == 5


def test_of_several_seeds_a_prompt_counts_once(made: Path, system: System, tmp_path: Path) -> None:
    drawn = draw(system, str(made / "suite"), tmp_path, 1, seeds=[(0, 3)], progress=False)
    assert {tuple(sorted(row.seed for row in run.rows.values())) for run in drawn.runs.values()} == {(0, 3)}
    rows = figures(drawn)["rows"]
    assert rows[SINGLE]["metrics"]["all"]["all_correct"]["n"] == 1
    assert rows[SINGLE]["cost"]["images"] == 1  # a picture's, as with one seed
    assert rows[SINGLE]["cost"]["seconds"] > 0
    assert rows[LOOP]["cost"]["seconds"] is None  # it depends on who drew first what the loops share


def test_an_ablation_grows_by_the_seeds_that_it_has_not(made: Path, system: System, tmp_path: Path) -> None:
    first = draw(system, str(made / "suite"), tmp_path, 2, seeds=[(0, 3)], progress=False)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.png")}
    both = draw(system, str(made / "suite"), tmp_path, 2, seeds=[(0, 3), (5,)], progress=False)
    assert before.items() <= {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.png")}.items()
    for name, run in both.runs.items():
        assert [sample.job.seed for sample in run.samples] == [0, 3, 5] * 2
        assert {id_: row.image_sha256 for id_, row in first.runs[name].rows.items()}.items() <= {
            id_: row.image_sha256 for id_, row in run.rows.items()
        }.items()
        assert {row.image.split("/")[0].removeprefix(name.lower().replace(" ", "-")) for row in run.rows.values()} == {
            "-0-3",
            "-5",
        }
        assert run.scores.keys() == first.runs[name].scores.keys()
        assert {len(scored) for scored in run.scores.values()} == {6}
    judged = replace(first.runs[SINGLE], folder=tmp_path / "x", scores={**first.runs[SINGLE].scores, "judge.x": {}})
    assert "judge.x" not in pooled([judged, replace(judged, scores=first.runs[SINGLE].scores)], tmp_path).scores
    rows = figures(both)["rows"]
    assert rows[SINGLE]["metrics"]["all"]["all_correct"]["n"] == 2
    costs = [row.cost["images"] for row in both.runs[LOOP].rows.values()]
    assert rows[LOOP]["cost"]["images"] == pytest.approx(sum(costs) / 6)  # every prompt has three samples


def test_a_judge_sees_what_best_of_n_answers_with_at_the_cap_and_nothing_it_goes_on_to(
    made: Path, system: System, tmp_path: Path
) -> None:
    (tmp_path / "judge.py").write_text(
        "from rlrig_eval.judges import Reply\n"
        "class Sure:\n"
        "    rubric = 'p-yes'\n"
        "    def replies(self, requests):\n"
        "        for request in requests:\n"
        "            yield Reply('yes', p_yes=0.9)\n"
    )
    asked = (system, str(made / "suite"), tmp_path / "runs", 2, f"{tmp_path / 'judge.py'}:Sure", [(0, 3), (5,)])
    drawn = draw(*asked, progress=False)
    best, capped = drawn.runs["best-of-n"], drawn.capped
    assert capped is not None
    assert set(capped.rows) == set(best.rows)
    for id_, row in best.rows.items():
        trace = best.folder / row.trace
        seen = [candidate["reward"] for candidate in json.loads(trace.read_text())["rounds"][:5]]
        answer = Image.open(capped.folder / capped.rows[id_].image).tobytes()
        likely = [k for k, reward in enumerate(seen) if reward == max(seen)]
        assert answer in [Image.open(trace.with_name(f"{trace.stem}_r{k}.png")).tobytes() for k in likely]
    found = figures(drawn)
    row = found["rows"]["best-of-n"]["metrics"]["all"]
    assert row["judge.Sure"]["mean"] == 1
    assert capped.prompt_scores["all_correct"] == best_of_n(best)[4].scores["all_correct"]
    assert "best-of-n" in found["judged"]["judge.Sure"]
    again = draw(*asked, progress=False).capped
    Image.new("RGB", (64, 64)).save(capped.folder / next(iter(capped.rows.values())).image)
    with pytest.raises(NotComparable, match="judged anew"):
        require_answers(capped, tmp_path / "runs" / "best-of-5-pictures")
    assert {id_: one.seconds for id_, one in again.rows.items()} == {
        id_: one.seconds for id_, one in capped.rows.items()
    }


def test_a_seed_is_not_drawn_by_two_runs_of_a_row(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--seeds: 1 is named twice"):
        main(["--seeds", "0-1", "1-2", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path)])
    assert not (tmp_path / "runs").exists()


def test_what_cannot_be_written_or_meant_is_found_before_anything_is_drawn(tmp_path: Path, capsys) -> None:
    (tmp_path / "file").touch()
    told = ["--suite", "spatial:dev", "--runs", str(tmp_path / "runs")]
    with pytest.raises(UsageError, match="cannot write there"):
        main([*told, "--out", str(tmp_path / "file" / "reports")])
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


def test_a_row_without_a_picture_ends_the_report(system: System, made: Path, tmp_path: Path) -> None:
    broken = tmp_path / "base.py"
    broken.write_text(
        Path(system.base.rpartition(":")[0]).read_text()
        + "    def generate(self, jobs):\n        raise RuntimeError('no memory')\n"
    )
    words = ["--suite", str(made / "suite"), "--limit", "1", "--runs", str(tmp_path / "runs"), "--out", str(tmp_path)]
    with pytest.raises(RunError, match=r"^single pass: no picture of it was drawn"):
        main([*words, "--preset", system.preset, "--base", f"{broken}:Base", "--vae", system.vae])
