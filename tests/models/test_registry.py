"""Models by name, file or entry point; what a user gets wrong is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlrig_eval import assets
from rlrig_eval.errors import UsageError
from rlrig_eval.models import build, names, preferred_batch_size, resolve
from rlrig_eval.models.registry import ModelFile
from rlrig_eval.suite.documents import read_yaml

PLUGIN = """
from pydantic import BaseModel, ConfigDict

class Typed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    steps: int = 4

class Mine:
    batch_size = 3
    Settings = Typed

    def __init__(self, colour: str = "red", n: int = 1, loud: bool = False, free=None, *, settings: Typed):
        self.options = (colour, n, loud, free)
        self.settings = settings.model_dump()

    def generate(self, jobs):
        return []

class NoSettings:
    settings = {}
    def generate(self, jobs):
        return []
"""


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(PLUGIN)
    return f"{tmp_path / 'mine.py'}:Mine"


@pytest.mark.parametrize("name", sorted(path.stem for path in (assets.baselines_dir() / "models").glob("*.yaml")))
def test_every_model_file_fits_the_schema_and_names_a_class_that_exists(name: str) -> None:
    card = read_yaml(assets.baselines_dir() / "models" / f"{name}.yaml", ModelFile)
    needed = {"folder": {"path": "."}, "http": {"url": "http://localhost"}}.get(name, {})
    assert resolve(name, needed, {}).adapter == card.adapter
    assert names()[name] == card.description


def test_options_take_the_types_that_the_class_states(plugin: str) -> None:
    spec = resolve(plugin, {"colour": "7", "n": "7", "loud": "true", "free": "[1, 2]"}, {"steps": "9"})
    model = build(spec)
    assert (model.options, model.settings) == (("7", 7, True, [1, 2]), {"steps": 9})
    assert preferred_batch_size(spec) == 3


def test_defaults_are_part_of_the_record(plugin: str) -> None:
    spec = resolve(plugin, {}, {})
    assert spec.options == {"colour": "red", "n": 1, "loud": False, "free": None}
    assert spec.settings == {"steps": 4}


def test_a_changed_file_is_another_model(plugin: str) -> None:
    before = resolve(plugin, {}, {}).source_sha256
    path = Path(plugin.rpartition(":")[0])
    path.write_text(path.read_text() + "\n# changed\n")
    assert resolve(plugin, {}, {}).source_sha256 != before


def wrong(name: str, options: dict | None = None, settings: dict | None = None) -> str:
    with pytest.raises(UsageError) as found:
        resolve(name, options or {}, settings or {})
    return str(found.value)


def test_an_unknown_model_suggests_the_nearest() -> None:
    assert wrong("sinthetic") == "unknown model 'sinthetic': did you mean 'synthetic'?"


def test_an_unknown_option_suggests_the_nearest() -> None:
    assert wrong("synthetic", {"error_rat": "1"}).endswith("unknown option 'error_rat': did you mean 'error_rate'?")


@pytest.mark.parametrize("value", ["much", "1.5", "-0.1", ""])
def test_an_option_out_of_range_or_type(value: str) -> None:
    assert f"option error_rate={value}" in wrong("synthetic", {"error_rate": value})


def test_an_option_that_is_needed_is_asked_for() -> None:
    assert wrong("folder") == "model 'folder' needs -M path=..."


def test_an_unknown_setting_suggests_the_nearest(plugin: str) -> None:
    assert "unknown setting 'stesp': did you mean 'steps'?" in wrong(plugin, settings={"stesp": "4"})


def test_a_setting_of_another_type(plugin: str) -> None:
    assert "setting steps" in wrong(plugin, settings={"steps": "many"})


def test_settings_for_a_class_that_takes_none(plugin: str) -> None:
    message = wrong(plugin.replace(":Mine", ":NoSettings"), settings={"steps": "4"})
    assert "takes no settings" in message


def test_a_file_that_is_not_there() -> None:
    assert wrong("nowhere/mine.py:Mine") == "model 'nowhere/mine.py:Mine': there is no file nowhere/mine.py"


def test_a_file_without_a_class(plugin: str) -> None:
    assert "which class?" in wrong(plugin.rpartition(":")[0])


def test_a_class_that_is_not_in_the_file(plugin: str) -> None:
    assert "'Mien': did you mean 'Mine'?" in wrong(plugin.replace(":Mine", ":Mien"))


@pytest.mark.parametrize("source", ["def broken(:", "import no_such_module_anywhere", "1 / 0"])
def test_a_file_that_does_not_run(tmp_path: Path, source: str) -> None:
    (tmp_path / "bad.py").write_text(source)
    assert "bad.py" in wrong(f"{tmp_path / 'bad.py'}:Mine")


def test_a_class_that_raises_when_it_is_built_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "lost.py").write_text("class Mine:\n    def __init__(self):\n        open('/nowhere/weights.pt')\n")
    spec = resolve(f"{tmp_path / 'lost.py'}:Mine", {}, {})
    with pytest.raises(UsageError, match=r"model 'Mine': FileNotFoundError: .*weights\.pt"):
        build(spec)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("adapter: a.b:C\nlicence: x\ndescription: y\nsteps: 4\n", "4: steps: unknown key"),
        ("adapter: nothing\nlicence: x\ndescription: y\n", "1: adapter"),
        ("adapter: a.b:C\nlicence: x\n", "description"),
        ("adapter: [\n", "bad YAML"),
    ],
)
def test_a_bad_model_file_is_located(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(UsageError, match=said) as found:
        read_yaml(tmp_path / "m.yaml", ModelFile)
    assert "m.yaml" in str(found.value)
