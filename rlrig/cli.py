"""The command line of the system itself: draw one prompt, train the bundled checkpoints, Reflection-GRPO."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rlrig_eval.errors import Interrupted, UsageError, leave
from rlrig_eval.folders import writable

app = typer.Typer(
    name="rlrig",
    help="RL-RIG: draw, reflect, edit, until every spatial requirement holds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help='What to draw, e.g. "a red circle left of a blue square".')],
    preset: Annotated[str, typer.Option(help="A preset's name or file.")] = "shapes",
    rl: Annotated[
        str | None, typer.Option(help="Trained adapters: none, actor, editor or both; else as the preset says.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same picture.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for the picture, the film strip and the trace.")] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the weights take, load nothing.")] = False,
) -> None:
    """Draw one prompt; write the picture, a film strip of the rounds, and the trace."""
    from rlrig_eval.scene.parse import ParseError, parse

    try:
        graph = parse(prompt)
    except ParseError as error:
        raise UsageError(str(error)) from error
    if dry_run:
        from rlrig.memory import plan
        from rlrig.presets import load_preset

        typer.echo("\n".join(plan(load_preset(preset, rl=rl))))
        return
    from rlrig.filmstrip import film_strip
    from rlrig.pipeline import RLRIGPipeline

    out = writable(out)
    (result,) = RLRIGPipeline.from_pretrained(preset, rl)([prompt], [seed], [graph])
    stem = re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")[:60] + f"_{seed}"
    result.image.save(out / f"{stem}.png")
    film_strip(result.images, result.trace, prompt).save(out / f"{stem}_rounds.png")
    (out / f"{stem}.json").write_text(result.trace.model_dump_json(indent=1) + "\n")
    for step in result.trace.rounds:
        mark = "*" if step.index == result.trace.chosen else " "
        typer.echo(f"{mark} {step.index} {step.action:5} reward {step.reward:.2f}  {step.instruction or ''}")
    typer.echo(f"{result.trace.stopped}: {out / stem}.png, {stem}_rounds.png, {stem}.json")


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="vae, diffuser, editor, vlm, actor or judge.")],
    minutes: Annotated[float, typer.Option(min=0.0, help="In all, counting those before a resume.")] = 30.0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads; one is best beside other work.")] = 1,
    work: Annotated[Path, typer.Option(help="Folder for training state and results.")] = Path("scratch/train"),
    start: Annotated[str | None, typer.Option(help="A checkpoint to begin from: a folder or bundled:NAME.")] = None,
    blend: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of --start in the Diffuser's or editor's saved weights.")
    ] = 0.0,
    compiled: Annotated[bool, typer.Option("--compile", help="The Diffuser's and editor's blocks; wants g++.")] = False,
) -> None:
    """Train a bundled checkpoint into WORK/checkpoints/MODEL; the same command goes on after a kill.

    On two cores: torchrun --nproc_per_node 2 --no-python -- rlrig train MODEL, whose processes share the work.

    What a recipe stands on (an autoencoder, the diffuser, the vlm) is taken from WORK when it was trained there,
    else the bundled one.
    """
    from rlrig.bundled.recipes.cards import ABOUT

    if model not in ABOUT:  # it names what the recipes do, and importing these takes long and is not silent
        raise UsageError.unknown("recipe", model, ABOUT)
    for option, given in (("--compile", compiled), ("--blend", blend)):
        if given and model not in ("diffuser", "editor"):
            raise UsageError(f"{option}: of the diffuser and the editor alone, not of {model}")
    if blend and start is None:
        raise UsageError(f"--blend {blend}: with what --start names, and it names nothing")
    import torch

    from rlrig.bundled.recipes.registry import RECIPES
    from rlrig.bundled.training.fit import Budget
    from rlrig_eval.checkpoints import locate, usable_device, weights_hash

    torch.set_num_threads(threads)
    folder = writable(work / model)
    if start is not None and Path(locate(start)).resolve() == (work / "checkpoints" / model).resolve():
        raise UsageError(f"--start {start}: this training is saved there, over what it began from; copy it first")
    begun_from = None if start is None else weights_hash(start)
    place = usable_device(device)
    budget = Budget(minutes=minutes, folder=folder, device=place, start=begun_from, blend=blend, compiled=compiled)
    try:
        RECIPES[model](budget, work, None if start is None else Path(locate(start)))
    except KeyboardInterrupt:
        raise Interrupted(f"{folder} keeps the state that was saved last; the same command goes on") from None
    typer.echo(f"done: {work / 'checkpoints' / model}")


@app.command()
def grpo(
    phase: Annotated[str, typer.Argument(help="actor (its instructions) or editor (its edits).")],
    preset: Annotated[str | None, typer.Option(help="A GRPO preset, else <phase>-shapes.")] = None,
    config: Annotated[Path | None, typer.Option(help="A YAML file instead of a preset.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint in the folder.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and time one batch, say the cost.")] = False,
    rl: Annotated[str | None, typer.Option(help="Trained adapters to begin with, instead of the config's.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Instead of the config's.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after so many minutes of steps.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the config's.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda, instead of the system's.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads; one is best beside other work.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/grpo/<name of the config> if none.")] = None,
) -> None:
    """Train by Reflection-GRPO: rewards from the Checker, checkpoints, a log, and a system that `generate` loads."""
    if preset is not None and config is not None:
        raise UsageError("--preset and --config: give one of them")
    from rlrig.grpo.command import start

    overrides = {"steps": steps, "minutes": minutes, "seed": seed, "device": device, "rl": rl}
    start(phase, config or preset, overrides, out, resume, dry_run, threads)


def main() -> NoReturn:
    """Run the command line; leaves with one of the exit codes of `rlrig_eval.errors.Exit`."""
    leave(app)
