"""Presets: typed, named errors, a round trip."""

from pathlib import Path

import pytest

from rlrig.presets import load_preset, save_preset
from rlrig_eval.errors import UsageError


def test_the_shapes_preset_loads() -> None:
    preset = load_preset("shapes")
    assert preset.loop.max_edits == 4  # five pictures at most: the budget of best-of-n
    assert preset.diffuser.checkpoint == "bundled:diffuser"


def test_an_unknown_preset_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'shapes'"):
        load_preset("shape")


def test_overrides_replace_fields_of_the_loop() -> None:
    assert load_preset("shapes", {"max_edits": 1}).loop.max_edits == 1


@pytest.mark.parametrize("bad", [{"max_edit": 1}, {"threshold": 2.0}])
def test_a_bad_override_is_named(bad: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(bad))):
        load_preset("shapes", bad)


def test_an_unknown_key_names_file_and_field(tmp_path: Path) -> None:
    preset = load_preset("shapes")
    save_preset(preset, tmp_path)
    path = tmp_path / "preset.yaml"
    path.write_text(path.read_text().replace("patience", "patients"))
    with pytest.raises(UsageError, match=r"preset\.yaml.*loop.*patience"):
        load_preset(tmp_path)


def test_broken_yaml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "preset.yaml"
    path.write_text("name: [")
    with pytest.raises(UsageError, match="not valid YAML"):
        load_preset(path)


def test_saving_and_loading_is_the_identity(tmp_path: Path) -> None:
    preset = load_preset("shapes")
    save_preset(preset, tmp_path)
    assert load_preset(tmp_path) == preset
