"""The card beside a checkpoint: the command, where training began, and what was measured."""

from pathlib import Path

from rlrig.bundled.recipes.cards import ABOUT, write_card
from rlrig.bundled.recipes.registry import RECIPES
from rlrig_eval import assets
from rlrig_eval.checkpoints import weights_hash

LOG = {"steps": 10, "minutes": 2.0, "dev": {"accuracy": 0.75, "ece": 0.01}, "unseen": {"accuracy": 0.5}}


def test_dev_and_unseen_stand_beside_each_other(tmp_path: Path) -> None:
    write_card(tmp_path, "vlm", LOG, "cpu")
    card = (tmp_path / "README.md").read_text()
    assert "| figure | dev | unseen |" in card
    assert "| accuracy | 0.7500 | 0.5000 |" in card
    assert "Made by `rlrig train vlm --minutes 2.0` on data" in card


def test_a_card_tells_how_much_of_the_start_was_blended_in(tmp_path: Path) -> None:
    write_card(tmp_path, "editor", LOG | {"blend": 0.5}, "cpu")
    assert "`rlrig train editor --minutes 2.0 --blend 0.5`" in (tmp_path / "README.md").read_text()


def test_every_recipe_has_a_card() -> None:
    assert RECIPES.keys() == ABOUT.keys()


def test_a_card_tells_which_weights_training_began_from(tmp_path: Path) -> None:
    start = assets.checkpoint("judge")
    write_card(tmp_path, "judge", LOG, "cpu", start)
    assert f"from the weights {weights_hash(str(start))}" in (tmp_path / "README.md").read_text()
