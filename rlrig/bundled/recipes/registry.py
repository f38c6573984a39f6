"""The recipes by name: each trains into WORK/checkpoints/NAME and leaves a model card there."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rlrig.backends.flow import FlowDiffuser
from rlrig.bundled.measuring.measure import held_out_edits, held_out_prompts
from rlrig.bundled.measuring.trials import drawing_quality, drawings, editing_quality, edits_done
from rlrig.bundled.recipes import actor, diffuser, editor, judge, vae, vlm
from rlrig.bundled.recipes.cards import write_card
from rlrig.bundled.training.fit import Budget
from rlrig.presets import load_preset
from rlrig_eval import assets

MEASURED = 200  # held-out prompts, and edits, behind the figures on a card

Recipe = Callable[[Budget, Path, Path | None], None]
"""Of a budget, the working folder, and a checkpoint to begin from (None: from nothing)."""


def _vae(budget: Budget, work: Path, start: Path | None) -> None:
    out = _out(work, "vae")
    write_card(out, "vae", vae.train(budget, out, start), budget.device, start)


def _diffuser(budget: Budget, work: Path, start: Path | None) -> None:
    out = _out(work, "diffuser")
    log = diffuser.train(budget, _autoencoder(work), out, start)
    model = FlowDiffuser.from_pretrained(out, load_preset("shapes").diffuser.sampling, budget.device)
    figures = drawing_quality(drawings(model, held_out_prompts(MEASURED)))
    write_card(out, "diffuser", _measured(log, figures), budget.device, start)


def _editor(budget: Budget, work: Path, start: Path | None) -> None:
    out = _out(work, "editor")
    drawer = _latest(work, "diffuser")
    log = editor.train(budget, start or drawer, drawer, _autoencoder(work), out)
    figures = editing_quality(edits_done(editor.opened(out, budget.device), held_out_edits(MEASURED), editor.loop()))
    write_card(out, "editor", _measured(log, figures), budget.device, start)


def _vlm(budget: Budget, work: Path, start: Path | None) -> None:
    out = _out(work, "vlm")
    write_card(out, "vlm", vlm.train(budget, _latest(work, "diffuser"), out, start), budget.device, start)


def _actor(budget: Budget, work: Path, start: Path | None) -> None:
    out = _out(work, "actor")
    log = actor.train(budget, _latest(work, "vlm"), _latest(work, "diffuser"), out, start)
    write_card(out, "actor", log, budget.device, start)


def _judge(budget: Budget, work: Path, start: Path | None) -> None:
    out = _out(work, "judge")
    write_card(out, "judge", judge.train(budget, _latest(work, "diffuser"), out, start), budget.device, start)


def _latest(work: Path, name: str) -> Path:
    """The checkpoint trained in `work`, else the bundled one."""
    trained = _out(work, name)
    return trained if trained.is_dir() else assets.checkpoint(name)


def _autoencoder(work: Path) -> Path:
    """The one trained in `work`, else that of the latest Diffuser."""
    trained = _out(work, "vae")
    return trained if trained.is_dir() else _latest(work, "diffuser") / "vae"


def _measured(log: dict[str, Any], figures: Mapping[str, float]) -> dict[str, Any]:
    return log | {"dev": {**log["dev"], **figures}}


def _out(work: Path, name: str) -> Path:
    return work / "checkpoints" / name


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "vae": _vae,
        "diffuser": _diffuser,
        "editor": _editor,
        "vlm": _vlm,
        "actor": _actor,
        "judge": _judge,
    }
)
