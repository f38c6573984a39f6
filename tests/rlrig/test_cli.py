"""The command line of the system: draw a prompt with the bundled checkpoints, and errors a user can act on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from rlrig.cli import main
from tests.pipelines import families


def rlrig(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from rlrig.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_generate_writes_the_picture_its_rounds_and_the_trace(tmp_path: Path) -> None:
    done = rlrig("generate", "a red circle left of a blue square", "--seed", "3", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    stem = tmp_path / "a-red-circle-left-of-a-blue-square_3"
    trace = json.loads(stem.with_suffix(".json").read_text())
    with Image.open(stem.with_suffix(".png")) as picture:
        assert picture.size == (64, 64)
    with Image.open(tmp_path / f"{stem.name}_rounds.png") as strip:
        assert strip.width > 180 * len(trace["rounds"])
    assert 1 <= len(trace["rounds"]) <= 5
    assert "torchvision" not in done.stderr  # nothing of the libraries' chatter


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["generate", "colourless green ideas"], "colourless"),
        (["generate", "a red circle", "--preset", "shape"], "did you mean 'shapes'"),
        (["generate", "a red circle", "--out", "/proc/nowhere"], "/proc/nowhere"),
        (["train", "difuser"], "did you mean 'diffuser'"),
        (["train", "vae", "--device", "cuda"], "no GPU"),
        (["train", "vae", "--device", "gpu"], "try auto, cpu, cuda"),
        (["train", "vae", "--start", "nowhere"], "nowhere"),
        (["train", "vlm", "--compile"], "not of vlm"),
        (["train", "vlm", "--blend", "0.5", "--start", "bundled:vlm"], "not of vlm"),
        (["train", "editor", "--blend", "0.5"], "it names nothing"),
        (["train", "actor", "--start", "nowhere"], "cannot load this adapter"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(
    arguments: list[str],
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "--out" not in arguments and arguments[0] == "generate":
        arguments = [*arguments, "--out", str(tmp_path)]
    if arguments[0] == "train":
        arguments = [*arguments, "--work", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["rlrig", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert problem in said
    assert said.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in said


def test_a_training_does_not_begin_from_where_it_will_be_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "checkpoints" / "vae"
    monkeypatch.setattr(sys, "argv", ["rlrig", "train", "vae", "--work", str(tmp_path), "--start", str(own)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert "copy it first" in capsys.readouterr().err


def test_an_autoencoder_of_other_cells_is_nothing_to_begin_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    families.vae((8,) * 4, norm_num_groups=4).save_pretrained(tmp_path / "coarse")
    given = ["train", "vae", "--work", str(tmp_path), "--start", str(tmp_path / "coarse"), "--minutes", "0.1"]
    monkeypatch.setattr(sys, "argv", ["rlrig", *given])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert "8 pixels a cell, and this recipe's has 4" in capsys.readouterr().err


def test_an_unknown_recipe_is_all_that_is_said_of() -> None:
    assert rlrig("train", "difuser").stderr == "error: unknown recipe 'difuser': did you mean 'diffuser'?\n"


def test_help_imports_no_torch() -> None:
    check = (
        "import sys; from rlrig.cli import app; from typer.testing import CliRunner; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
