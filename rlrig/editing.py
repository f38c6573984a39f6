"""Edit success and preservation of every Inverse Diffuser on the shapes checkpoints, in one table.

python -m rlrig.editing --count 8 --out reports/editors

Kontext is told what the loop would tell it. The others redraw with the Diffuser's own pipeline towards a text that says
what the picture should show, with and without one that says what it shows now.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL.Image import Image

from rlrig.backends.editors import load_editor
from rlrig.backends.flow import FlowDiffuser, KontextEditor
from rlrig.backends.inversion import InversionEditor
from rlrig.bundled.examine import edit_figures
from rlrig.bundled.lessons.edits import Edit
from rlrig.bundled.lessons.wanted import after, bare
from rlrig.bundled.measuring.measure import held_out_edits
from rlrig.bundled.measuring.trials import edits_read
from rlrig.presets import Editor, Inversion, load_preset
from rlrig_eval import markdown
from rlrig_eval.atomic import replace_text
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import render
from rlrig_eval.suite.wording import word

SEED = 7
GUIDANCE = 2.5
KINDS: dict[str, Inversion] = {
    "sdedit": Inversion(strength=0.75),
    "rf-inversion": Inversion(),
    "rf-solver": Inversion(share=0.75),
    "fireflow": Inversion(share=0.75),
    "flowedit": Inversion(share=0.75),
}
"""Not tuned: a first setting of each, stated so that a table can be read."""
Way = Callable[[Sequence[Image], Sequence[Edit], Sequence[int]], list[Image]]


def before(edit: Edit) -> str:
    """What the source shows, as far as a prompt would say: its things."""
    return word(SceneGraph(entities=bare(edit.source)))


def ways() -> Iterator[tuple[str, Callable[[], tuple[Any, Way]]]]:
    """Every editor by its name in the table: what loads it, and how it is given an edit."""
    preset = load_preset("shapes")
    drawing, sampling = preset.diffuser, preset.editor.sampling

    def kontext() -> tuple[Any, Way]:
        editor = KontextEditor.from_pretrained(preset.editor.checkpoint, sampling, preset.device)
        told = preset.loop.editor_text
        return editor, lambda images, edits, seeds: editor.edit(
            images, [told(after(one), one.instruction) for one in edits], seeds
        )

    yield "kontext", kontext
    pipeline = FlowDiffuser.from_pretrained(drawing.checkpoint, drawing.sampling, preset.device)
    for kind, inversion in KINDS.items():
        guidance = {"true_cfg": GUIDANCE} if kind == "sdedit" else {"guidance": GUIDANCE}
        chosen = Editor(
            kind=kind,
            checkpoint=drawing.checkpoint,
            sampling=drawing.sampling.model_copy(update=guidance),
            inversion=inversion,
        )
        yield kind, lambda chosen=chosen: _towards(load_editor(chosen, preset.device, pipeline))
        if kind != "sdedit":
            yield (
                f"{kind}, source described",
                lambda chosen=chosen: _between(load_editor(chosen, preset.device, pipeline)),
            )


def _towards(editor: Any) -> tuple[Any, Way]:
    return editor, lambda images, edits, seeds: editor.edit(images, [after(one) for one in edits], seeds)


def _between(editor: InversionEditor) -> tuple[Any, Way]:
    return editor, lambda images, edits, seeds: editor.between(
        images, [before(one) for one in edits], [after(one) for one in edits], seeds
    )


def measure(count: int, only: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
    """By editor: shares of edits fulfilled, preserved and both, with 95 % intervals, and denoiser evaluations each."""
    edits = held_out_edits(count, SEED, "test")
    sources, seeds = [render(edit.source) for edit in edits], list(range(count))
    found = {}
    for name, load in ways():
        if only and name not in only:
            continue
        editor, way = load()
        trials = edits_read(edits, sources, way(sources, edits, seeds))
        found[name] = dict(edit_figures(trials)["all"])
        found[name]["denoiser_evals"] = editor.evals_per_image
    return found


def table(found: dict[str, dict[str, Any]], count: int, command: str) -> str:
    """Markdown."""
    lines = [
        f"Inverse Diffusers on the shapes checkpoints, {count} held-out edits of drawings; mean [95 % interval].",
        "Fulfilled: all of the target's things and relations are there. Preserved: what was not to change is where it",
        f"was, within 4 pixels. Settings are first guesses. Command: `{command}`.",
        "",
    ]
    rows = [
        (name, *(_estimate(row[key]) for key in _SHARES), str(row["denoiser_evals"])) for name, row in found.items()
    ]
    return "\n".join([*lines, *markdown.table(("editor", *_SHARES, "evaluations an edit"), rows, tight=True)]) + "\n"


_SHARES = ("fulfilled", "preserved", "both")


def _estimate(found: Mapping[str, Any]) -> str:
    return "{:.2f} [{:.2f}, {:.2f}]".format(found["mean"], *found["ci95"])


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m rlrig.editing", description="Compare the Inverse Diffusers.")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--only", nargs="*", default=[], help="names of the table's rows")
    parser.add_argument("--out", type=Path, default=Path("reports/editors"))
    asked = parser.parse_args(arguments)
    found = measure(asked.count, asked.only)
    command = shlex.join(["python", "-m", "rlrig.editing", *arguments])
    report, text = {"command": command, "edits": asked.count, "editors": found}, table(found, asked.count, command)
    replace_text(asked.out.with_suffix(".json"), json.dumps(report, indent=1) + "\n")
    replace_text(asked.out.with_suffix(".md"), text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
