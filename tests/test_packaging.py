"""The wheel is whole: data folders ride inside the package, and an installed copy works anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
IMAGES = {".png", ".jpg", ".svg", ".webp"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(out)]
    subprocess.run([*build, str(REPO)], check=True, timeout=120)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked far from the repo, as a site-packages would hold it."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def python(site: Path, code: str) -> str:
    """What `code` prints with only `site` in front of the path, run from a folder that is not the repo."""
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command,
        cwd=site.parent,
        env=os.environ | {"PYTHONPATH": str(site)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def files_of(folder: str) -> list[Path]:
    """Every file under a folder of the repo, relative to the repo."""
    files = [path.relative_to(REPO) for path in (REPO / folder).rglob("*") if path.is_file()]
    return [path for path in files if "__pycache__" not in path.parts]


def test_the_wheel_adds_two_top_level_names_and_no_more(installed: Path) -> None:
    assert {path.name for path in installed.iterdir() if path.suffix != ".dist-info"} == {
        "rlrig",
        "rlrig_eval",
    }


@pytest.mark.parametrize("package", ["rlrig", "rlrig_eval"])
def test_every_file_of_the_package_rides(installed: Path, package: str) -> None:
    files = files_of(package)
    assert files
    assert [path for path in files if not (installed / path).is_file()] == []


@pytest.mark.parametrize("folder", ["suites", "baselines", "reports"])
def test_every_data_file_but_report_pictures_rides_under_the_package(installed: Path, folder: str) -> None:
    files = [path for path in files_of(folder) if not (folder == "reports" and path.suffix in IMAGES)]
    assert files
    assert [path for path in files if not (installed / "rlrig_eval" / "_data" / path).is_file()] == []


def test_an_installed_copy_finds_its_own_data(installed: Path) -> None:
    code = "from rlrig_eval import assets as a; print(a.suites_dir(), a.baselines_dir(), a.reports_dir())"
    found = [Path(path) for path in python(installed, code).split()]
    assert found == [installed / "rlrig_eval" / "_data" / name for name in ("suites", "baselines", "reports")]
    assert (found[0] / "spatial" / "suite.yaml").is_file()


def test_an_installed_copy_loads_the_spatial_suite(installed: Path) -> None:
    code = "from rlrig_eval import suite; print(len(suite.load('spatial').prompts), suite.__file__)"
    count, origin = python(installed, code).split()
    assert int(count) > 0
    assert Path(origin).is_relative_to(installed)


def test_an_installed_copy_finds_every_bundled_checkpoint(installed: Path) -> None:
    names = sorted({path.parts[3] for path in files_of("rlrig/bundled/checkpoints") if len(path.parts) > 4})
    assert names
    code = f"from rlrig_eval.assets import checkpoint; print(*(checkpoint('bundled:' + n) for n in {names}))"
    root = installed / "rlrig" / "bundled" / "checkpoints"
    assert [Path(path) for path in python(installed, code).split()] == [root / name for name in names]


def test_the_console_scripts_are_declared(installed: Path) -> None:
    (metadata,) = installed.glob("rlrig_eval-*.dist-info")
    declared = (metadata / "entry_points.txt").read_text()
    assert "rlrig-eval = rlrig_eval.cli:main" in declared
    assert "rlrig = rlrig.cli:main" in declared
    assert (metadata / "licenses" / "LICENSE").read_text().lstrip().startswith("Apache License")
