"""Presets: typed, named errors, a round trip."""

from pathlib import Path

import pytest
import yaml

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
    with pytest.raises(UsageError, match=rf"^settings: {next(iter(bad))}: "):
        load_preset("shapes", bad)


@pytest.mark.parametrize(
    "say",
    ["{prompt}", "{instruction} {image}", "{instruction", "{} {instruction}", "{instruction:.5}", "{instruction!r}"],
)
def test_what_the_editor_reads_is_a_template_of_prompt_and_instruction(say: str) -> None:
    with pytest.raises(UsageError, match=r"loop\.say|say"):
        load_preset("shapes", {"say": say})


def test_an_editor_that_is_told_the_prompt_already_is_not_told_it_twice() -> None:
    with pytest.raises(UsageError, match=r"sd35.*loop\.say.*told the prompt already"):
        load_preset("sd35", {"say": "{prompt}, {instruction}"})


def test_an_unknown_key_names_file_and_field(tmp_path: Path) -> None:
    preset = load_preset("shapes")
    save_preset(preset, tmp_path)
    path = tmp_path / "preset.yaml"
    path.write_text(path.read_text().replace("patience", "patients"))
    with pytest.raises(UsageError, match=r"preset\.yaml.*loop.*patience"):
        load_preset(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", "preset.yaml:1: bad YAML"),
        ("name: a\ndiffuser: 2026-13-45\n", "preset.yaml:2: bad YAML: '2026-13-45' is no timestamp"),
        ("name: a\nname: b\n", "preset.yaml:2: name: this key stands twice"),
    ],
)
def test_broken_yaml_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "preset.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        load_preset(path)


def test_saving_and_loading_is_the_identity(tmp_path: Path) -> None:
    preset = load_preset("shapes")
    save_preset(preset, tmp_path)
    assert load_preset(tmp_path) == preset


def test_a_folder_that_happens_to_bear_a_preset_s_name_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shapes").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_preset("shapes").name == "shapes"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"checker": {"checkpoint": "vlm", "server": "http://127.0.0.1:1/v1"}}, "checker.server names another"),
        ({"editor": {"kind": "flowedit"}}, "an editor of kind flowedit has none"),
    ],
)
def test_an_adapter_that_nobody_would_put_on_is_refused(tmp_path: Path, changes: dict, problem: str) -> None:
    made = load_preset("shapes").model_dump(mode="json")
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({**made, **{k: {**made[k], **v} for k, v in changes.items()}, "rl": "actor"}))
    with pytest.raises(UsageError, match=problem):
        load_preset(path)


def test_what_a_folder_s_preset_names_beside_it_is_found_wherever_the_folder_lies(tmp_path: Path) -> None:
    left = load_preset("shapes")
    named = left.model_copy(update={"editor": left.editor.model_copy(update={"checkpoint": "./editor"})})
    save_preset(named, tmp_path / "export")
    moved = (tmp_path / "export").rename(tmp_path / "moved")
    found = load_preset(moved)
    assert found.editor.checkpoint == str((moved / "editor").resolve())
    assert found.diffuser == left.diffuser
