"""How good the bundled checkpoints are on held-out prompts: a command that writes a report.

python -m rlrig.bundled.examine --out reports/checkpoints
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from rlrig.backends.flow import FlowDiffuser, KontextEditor
from rlrig.backends.vlm import VLMChecker
from rlrig.bundled.lessons.variations import stage
from rlrig.bundled.measuring.calibration import calibration_error
from rlrig.bundled.measuring.measure import held_out_edits, held_out_prompts
from rlrig.bundled.measuring.sheets import drawing_sheet, edit_sheet
from rlrig.bundled.measuring.trials import Answer, Drawing, EditTrial, answers, drawings, edits_done, reconstructed
from rlrig.bundled.training.flow import load_vae
from rlrig.presets import load_preset
from rlrig_eval import assets
from rlrig_eval.atomic import replace_text
from rlrig_eval.markdown import interval, table
from rlrig_eval.shapes import SEEN, render
from rlrig_eval.stats import cluster_mean_ci

SEED = 7
ABOUT = (
    "Prompts are of the test bucket, which no checkpoint was trained on or chosen by; they are not those of any suite. "
    "Truth is the drawing's own or, for pictures of models, what `shapes.read` reads. Edits: fulfilled, all of the "
    "target's things and relations are there; preserved, what was not to change is where it was, within 4 pixels."
)
Case = TypeVar("Case")
Row = dict[str, Any]


def share(cases: Sequence[Case], value: Callable[[Case], float], group: Callable[[Case], Any] | None = None) -> Row:
    """Mean with its 95 % interval over groups (each case alone when not given)."""
    groups = [number if group is None else group(case) for number, case in enumerate(cases)]
    return cluster_mean_ci([float(value(case)) for case in cases], groups).as_dict()


def split_by(cases: Iterable[Case], key: Callable[[Case], Any]) -> dict[str, list[Case]]:
    found: dict[Any, list[Case]] = {}
    for case in cases:
        found.setdefault(key(case), []).append(case)
    return {str(name): found[name] for name in sorted(found)}


def vae_figures(count: int) -> Row:
    """Of the Diffuser's autoencoder and of the editor's, on the same scenes."""
    rng = np.random.default_rng([SEED, 1])
    graphs = [stage(rng, SEEN, "test", wrong=0.0).scene for _ in range(count)]
    found = {name: load_vae(assets.checkpoint(name), "cpu") for name in ("diffuser", "editor")}
    return {name: {"graph_equal": share(reconstructed(vae, graphs), float)} for name, vae in found.items()}


def drawing_figures(drawn: Sequence[Drawing]) -> Row:
    """Entity IoU and all-correct, in all and by the number of things and of relations; misses by topic."""

    def both(cases: Sequence[Drawing]) -> Row:
        return {
            "entity_iou": share(cases, lambda one: one.entity_iou),
            "all_correct": share(cases, lambda one: one.right),
        }

    missed = [name for one in drawn for name in set(one.missed)]
    things = split_by(drawn, lambda one: sum(entity.count for entity in one.prompt.entities))
    return {
        "all": both(drawn),
        "things": {name: both(cases) for name, cases in things.items()},
        "relations": {name: both(cases) for name, cases in split_by(drawn, _relations).items()},
        "pictures_missing": {name: missed.count(name) / len(drawn) for name in sorted(set(missed))},
    }


def _relations(one: Drawing) -> int:
    return len(one.prompt.relations)


def edit_figures(trials: Sequence[EditTrial]) -> Row:
    def three(cases: Sequence[EditTrial]) -> Row:
        return {
            "fulfilled": share(cases, lambda one: one.fulfilled),
            "preserved": share(cases, lambda one: one.preserved),
            "both": share(cases, lambda one: one.fulfilled and one.preserved),
        }

    by_kind = split_by(trials, lambda one: one.kind)
    return {"all": three(trials), "kinds": {name: three(cases) for name, cases in by_kind.items()}}


def answer_figures(given: Sequence[Answer]) -> Row:
    """Accuracy in all and by topic, calibration error, and how often each answer is right."""
    by_topic = split_by(given, lambda one: one.topic)
    yes, no = ([one for one in given if one.right is truth] for truth in (True, False))
    return {
        "accuracy": share(given, lambda one: one.correct, lambda one: one.group),
        "ece": calibration_error(given),
        "right_when_met": share(yes, lambda one: one.correct, lambda one: one.group),
        "right_when_not": share(no, lambda one: one.correct, lambda one: one.group),
        "topics": {
            name: share(cases, lambda one: one.correct, lambda one: one.group) for name, cases in by_topic.items()
        },
    }


def error_correlation(one: Sequence[Answer], other: Sequence[Answer]) -> float | None:
    """Phi, the correlation of two instruments' errors on the same questions; None when either makes none."""
    wrong = np.array([[not answer.correct for answer in given] for given in (one, other)], dtype=float)
    if wrong.std(axis=1).min() == 0:
        return None
    return float(np.corrcoef(wrong)[0, 1])


def examine(count: int, out: Path) -> Row:
    """Every figure; contact sheets go beside the report."""
    preset = load_preset("shapes")
    diffuser = FlowDiffuser.from_pretrained(preset.diffuser.checkpoint, preset.diffuser.sampling, preset.device)
    prompts = held_out_prompts(count, SEED, "test")
    drawn = drawings(diffuser, prompts)
    read = [one for one in drawn if one.readable]
    unseen = drawings(diffuser, held_out_prompts(count // 2, SEED, "test", with_unseen=True))
    editor = KontextEditor.from_pretrained(preset.editor.checkpoint, preset.editor.sampling, preset.device)
    edited = edits_done(editor, held_out_edits(count, SEED, "test"), preset.loop)
    drawing_sheet(drawn).save(out.with_name(f"{out.name}-drawings.png"))
    edit_sheet(edited).save(out.with_name(f"{out.name}-edits.png"))
    return {
        "vae": vae_figures(2 * count),
        "diffuser": drawing_figures(drawn),
        "diffuser, unseen pairings": drawing_figures(unseen),
        "editor": edit_figures(edited),
        **instrument_figures(read, count),
        "unread": {"drawings": len(drawn), "read": len(read)},
    }


def instrument_figures(drawn: Sequence[Drawing], count: int) -> Row:
    """Checker and judge on clean drawings and on the Diffuser's own pictures, and how their errors go together."""
    rng = np.random.default_rng([SEED, 2])
    staged = [stage(rng, SEEN, "test", wrong=0.8) for _ in range(count)]
    instruments = {
        "checker": VLMChecker.from_pretrained("bundled:vlm"),
        "judge": VLMChecker.from_pretrained("bundled:judge"),
    }
    on_drawings = {
        name: answers(one, [render(s.scene) for s in staged], [s.prompt for s in staged], [s.scene for s in staged])
        for name, one in instruments.items()
    }
    on_pictures = {
        name: answers(one, [d.picture for d in drawn], [d.prompt for d in drawn], [d.seen for d in drawn])
        for name, one in instruments.items()
    }
    found: Row = {
        name: {
            "drawings": answer_figures(on_drawings[name]),
            "pictures of the Diffuser": answer_figures(on_pictures[name]),
        }
        for name in instruments
    }
    pairs = {"drawings": on_drawings, "pictures of the Diffuser": on_pictures}
    found["correlation of errors"] = {
        where: error_correlation(given["checker"], given["judge"]) for where, given in pairs.items()
    }
    return found


def as_markdown(figures: Mapping[str, Any], command: str) -> str:
    """Every figure of the report, section by section."""
    parts = [f"# The bundled checkpoints on held-out prompts\n\n{ABOUT} Made by:\n\n```\n{command}\n```\n"]
    for name, section in figures.items():
        lines = table(("figure", "value", "95 % interval", "n"), _flattened(section), "lrlr", tight=True)
        parts.append("\n".join(["", f"## {name}", "", *lines, ""]))
    return "".join(parts)


def _flattened(section: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterable[tuple[str, str, str, str]]:
    for name, value in section.items():
        here = (*path, name)
        if isinstance(value, Mapping) and "ci95" in value:
            yield ", ".join(here), _shown(value["mean"]), interval(value["ci95"], 3), str(value["n"])
        elif isinstance(value, Mapping):
            yield from _flattened(value, here)
        else:
            yield ", ".join(here), _shown(value), "", ""


def _shown(value: object) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="prompts, edits and drawings of each kind")
    parser.add_argument("--out", type=Path, required=True, help="the report without its ending")
    given = parser.parse_args(arguments)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    command = f"python -m rlrig.bundled.examine --count {given.count} --out {given.out}"
    figures = examine(given.count, given.out)
    text = as_markdown(figures, command)
    report = {"schema": 1, "command": command, **figures}
    replace_text(given.out.with_suffix(".json"), json.dumps(report, indent=1) + "\n")
    replace_text(given.out.with_suffix(".md"), text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
