"""The other controls: asking again in other words, and editing without a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rlrig_eval.models import Failure, Job, Picture, build, resolve
from rlrig_eval.models.best_of_n import best_of
from rlrig_eval.models.rewriting import reworded
from rlrig_eval.models.rlrig import View
from rlrig_eval.scene import Requirement, parse
from rlrig_eval.suite import candidate_seed
from tests.models import untrained

torch.set_num_threads(1)
TEXT = "a red circle left of a blue square."
GRAPH = parse(TEXT)
JOBS = [Job(f"p{n}", TEXT, GRAPH, 0, 100 + n) for n in range(2)]


@dataclass(frozen=True)
class Seen:
    """A Checker that misses the relation, until the prompt says it twice."""

    satisfied: bool
    threshold: float = 0.5

    @property
    def probabilities(self) -> dict[str, float]:
        return {one.id: 1.0 if self.satisfied or one.kind != "relation" else 0.2 for one in GRAPH.requirements()}

    @property
    def reward(self) -> float:
        return 1.0 if self.satisfied else 0.5

    @property
    def confidence(self) -> float:
        return self.reward

    @property
    def cost(self) -> dict[str, float]:
        return {"images": 0, "denoiser_evals": 0, "vlm_calls": len(self.probabilities)}


@dataclass
class Painter:
    texts: list[str] = field(default_factory=list)
    noises: list[int] = field(default_factory=list)

    def draw(self, jobs: Sequence[Job]) -> list[Picture | Failure]:
        self.texts += [job.text for job in jobs]
        self.noises += [job.noise for job in jobs]
        return [Picture(Image.new("RGB", (4, 4), (job.text.count("left"),) * 3)) for job in jobs]

    def look(self, images: Sequence[Image.Image], asked: Sequence[Sequence[Requirement]]) -> list[Seen]:
        return [Seen(image.getpixel((0, 0))[0] > 1) for image in images]


def test_what_a_picture_lacked_is_said_again_in_the_next_prompt() -> None:
    painter = Painter()
    (outcome,) = best_of(5, JOBS[:1], painter.draw, painter.look, reworded)
    assert painter.texts == [TEXT, "a red circle left of a blue square, the circle is left of the square"]
    assert painter.noises == [100, candidate_seed(100, 1)]
    assert isinstance(outcome, Picture)
    assert outcome.cost["images"] == 2


def test_what_is_said_again_is_what_the_picture_will_be_scored_on() -> None:
    nothing = View(dict.fromkeys((one.id for one in GRAPH.requirements()), 0.0), 0.0, 0.0, False, 0.5, {})
    loose = replace(JOBS[0], counting="at_least")
    assert "exactly one" in reworded(JOBS[0], nothing)
    assert "exactly" not in reworded(loose, nothing)
    assert loose.requirements()[-1].statement() in reworded(loose, nothing)


def test_without_rewording_the_prompt_stays() -> None:
    painter = Painter()
    best_of(3, JOBS[:1], painter.draw, painter.look)
    assert painter.texts == [TEXT] * 3


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A base model named by a file, and the preset of an untrained system."""
    folder = tmp_path_factory.mktemp("system")
    preset = untrained.preset(folder)
    plugin = folder / "base.py"
    plugin.write_text(
        "from rlrig_eval.models.diffusers import DiffusersModel, Sampling\n"
        "class Base(DiffusersModel):\n"
        "    def __init__(self):\n"
        f"        super().__init__({str(folder / 'diffuser')!r}, Sampling(**{untrained.SAMPLING!r}), 'cpu')\n"
    )
    return f"{plugin}:Base", preset


def test_repeated_editing_draws_once_edits_as_often_as_told_and_counts_it(base: tuple[str, Path]) -> None:
    model, preset = base
    given = {"base": model, "preset": str(preset)}
    alone = build(resolve(model, {}, {})).generate(JOBS)
    for edits in (1, 2):
        drawn = build(resolve("repeated-edit", {**given, "edits": edits}, {})).generate(JOBS)
        # Two steps, guided: four evaluations to draw, four an edit.
        for one in drawn:
            read = one.cost["vlm_tokens_read"]
            assert one.cost == {
                "images": 1.0 + edits,
                "denoiser_evals": 4.0 + 4.0 * edits,
                "vlm_calls": float(edits),
                "vlm_tokens_read": read,
                "vlm_tokens_written": one.cost["vlm_tokens_written"],
            }
            assert read > 16 * edits  # the picture alone is sixteen tokens
        assert not np.array_equal(np.asarray(drawn[0].image), np.asarray(alone[0].image))


def test_what_it_is_made_of_is_told(base: tuple[str, Path]) -> None:
    model, preset = base
    settings = build(resolve("repeated-edit", {"base": model, "preset": str(preset)}, {})).settings
    assert (settings["edits"], settings["steps"]) == (4, 2)
    assert all(settings["hands_weights"].values())


@pytest.mark.parametrize("control", ["best-of-n", "rewriting", "repeated-edit"])
def test_a_base_from_a_file_is_known_by_that_file(control: str, tmp_path: Path) -> None:
    """Else a run that goes on would have pictures of two versions of it."""
    mine, base = tmp_path / "mine.py", f"{tmp_path / 'mine.py'}:Mine"
    drawn = []
    for version in ("", "# the next version\n"):
        mine.write_text(f"from rlrig_eval.models.synthetic import Synthetic\nclass Mine(Synthetic): pass\n{version}")
        drawn.append(build(resolve(control, {"base": base}, {})).settings["base_sha256"])
    assert drawn[0] != drawn[1]
    assert "base_sha256" not in build(resolve(control, {"base": "synthetic"}, {})).settings
