"""docs/reading-intervals.md and docs/gating-a-repo.md, run from top to bottom; the action that the latter describes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.blocks import DOCS, Block, blocks, commands, run

REPO = DOCS.parent
ACTION = yaml.safe_load((REPO / ".github" / "actions" / "check" / "action.yml").read_text())


def follow(guide: str, folder: Path) -> list[Block]:
    """Run a guide's blocks in a folder; those that are YAML are handed back."""
    left = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in blocks(guide):
            if block.language == "python":
                exec(compile(block.text, str(block), "exec"), {})
            elif block.language == "bash":
                for command in commands(block):
                    run(command, patch)
            else:
                assert block.language == "yaml", f"{block}: nobody runs a block of {block.language or 'no language'}"
                left.append(block)
    return left


def test_reading_intervals(tmp_path: Path) -> None:
    assert follow("reading-intervals.md", tmp_path) == []
    assert (tmp_path / "runs" / "changed.html").stat().st_size > 1000


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Block]]:
    """What docs/gating-a-repo.md leaves behind, and its YAML blocks."""
    folder = tmp_path_factory.mktemp("gating")
    return folder, follow("gating-a-repo.md", folder)


def shell(script: str, folder: Path, environment: dict[str, str]) -> int:
    """A step of the action, with the command line that is installed beside this Python, as the runner calls it."""
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder, env=os.environ | environment | {"PATH": paths}, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    print(ran.stdout, ran.stderr)
    return ran.returncode


def test_the_workflow_passes_inputs_that_the_action_has(gated: tuple[Path, list[Block]]) -> None:
    workflow = yaml.safe_load(gated[1][0].text)
    (step,) = (s for s in workflow["jobs"]["spatial"]["steps"] if s["uses"].endswith("actions/check"))
    assert (REPO / step["uses"] / "action.yml").is_file()
    assert step["with"].keys() <= ACTION["inputs"].keys()
    assert {name for name, about in ACTION["inputs"].items() if about.get("required")} <= step["with"].keys()


def test_no_expression_stands_inside_a_script_of_the_action() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        for value in step.get("env", {}).values():
            assert value.removeprefix("${{ inputs.").removesuffix(" }}") in ACTION["inputs"]


def test_the_action_fails_the_job_when_the_gate_does(gated: tuple[Path, list[Block]], tmp_path: Path) -> None:
    _, draw, check = ACTION["runs"]["steps"]
    shutil.copytree(gated[0] / "baselines", tmp_path / "baselines")
    given = {
        "SUITE": "spatial", "MODEL": "synthetic", "FLAGS": "--limit 48 -M error_rate=0.6", "OUT": "out",
        "STRICT": "false",
        "BASELINE": "baselines/results/spatial/synthetic.json",
        "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }  # fmt: skip
    assert shell(draw["run"], tmp_path, given) == 0
    assert shell(check["run"], tmp_path, given) == 3
    assert (tmp_path / "output").read_text() == "verdict=fail\n"
    assert "**Leaderboard**" in (tmp_path / "summary.md").read_text()
    assert "<failure" in (tmp_path / "out" / "check.xml").read_text()


SHY = """
from rlrig_eval.models import Failure
from rlrig_eval.models.synthetic import Synthetic


class Shy(Synthetic):
    def generate(self, jobs):
        drawn = zip(jobs, super().generate(jobs), strict=True)
        return [Failure("shy") if job.prompt_id in ("spatial-0001", "spatial-0002") else one for job, one in drawn]
"""


def test_the_action_checks_a_finished_run_that_falls_short_and_warns_of_it(
    gated: tuple[Path, list[Block]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, draw, check = ACTION["runs"]["steps"]
    (tmp_path / "shy.py").write_text(SHY)
    given = {
        "SUITE": "spatial", "MODEL": "shy.py:Shy", "FLAGS": "--limit 48", "OUT": "out", "STRICT": "false",
        "BASELINE": str(gated[0] / "baselines/results/spatial/synthetic.json"),
        "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }  # fmt: skip
    assert shell(draw["run"], tmp_path, given) == 0
    assert "warning: 2 of 48 samples are in error" in capsys.readouterr().out  # and so the run left with 1
    assert shell(check["run"], tmp_path, given) == 0
    assert "::warning title=Shy on spatial 1.0 test::inconclusive: " in capsys.readouterr().out
    assert (tmp_path / "output").read_text() == "verdict=inconclusive\n"
    told = "coverage 46/48, 2 of 48 samples unscored that the baseline has scored"
    assert told in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize(
    ("code", "finished", "left"), [(0, True, 0), (1, True, 0), (1, False, 1), (2, True, 2), (130, True, 130)]
)
def test_the_action_goes_on_after_exit_1_of_a_finished_run_alone(
    tmp_path: Path, code: int, finished: bool, left: int
) -> None:
    given = {"SUITE": "spatial", "MODEL": "synthetic", "FLAGS": "", "OUT": "."}
    if finished:
        (tmp_path / "summary.json").touch()
    in_its_place = f"rlrig-eval() {{ return {code}; }}\n"
    assert shell(in_its_place + ACTION["runs"]["steps"][1]["run"], tmp_path, given) == left


def test_the_pre_commit_hook_passes_on_the_scores_that_its_baseline_holds(gated: tuple[Path, list[Block]]) -> None:
    (hook,) = yaml.safe_load(gated[1][1].text)["repos"][0]["hooks"]
    assert shell(hook["entry"], gated[0], {}) == 0
