"""Reflection-GRPO from start to end. `train_step` is one step, top to bottom.

Randomness is a function of the seed, the step and the place in the step alone, and each batch is drawn and replayed
whole by one process: a resumed run repeats an undisturbed one bit for bit, and several processes do what one does.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rlrig.grpo import checkpoint
from rlrig.grpo.advantages import Advantages
from rlrig.grpo.config import ActorTraining, EditorTraining, Phase
from rlrig.grpo.credit import Scorer, Scores, assign, score
from rlrig.grpo.evaluation import dev_pictures, evaluate
from rlrig.grpo.export import export
from rlrig.grpo.log import Log
from rlrig.grpo.monitors import best_reward, hacked, out_of_band, watch
from rlrig.grpo.outcomes import Start
from rlrig.grpo.processes import everyone, from_leader, mine, sum_of_all, together
from rlrig.grpo.rollout import Turn, play
from rlrig.grpo.run import Run, identity, restore, state
from rlrig.grpo.seeds import derive
from rlrig.grpo.windows import Window
from rlrig_eval.errors import RunError

RATIO_ROOM = {"editor": 1e-6, "actor": 1e-4}
"""How far from 1 a ratio may be before any update: a float32 replay of the same batch."""


def train_step(run: Run) -> dict[str, Any]:
    """Failed pictures, groups of attempts to mend them, rewards and advantages, an update or several; what to log."""
    processes, training = run.accelerator, run.system.phases[run.phase].training
    scorer, window = Scorer.of(training), _window(run, run.phase)
    with run.precision():
        starts = from_leader(processes, run.source.take(training.groups) if processes.is_main_process else None)
        played = _attempts(run, starts, window)
    scores, credit = _credit(run, played, scorer)
    norms, logged = _learn(run, played, credit)

    by_name = zip(scorer.names, scores.rewards.nanmean((0, 1)), strict=True)
    groups, alike = sum(made.groups for made in credit), sum(made.zero_variance for made in credit)
    return {
        "step": run.step,
        "phase": run.phase,
        "reward": float((scores.rewards @ torch.tensor(scorer.weights)).nanmean()),
        **{f"reward_{name}": float(value) for name, value in by_name},
        "groups": groups,
        "zero_variance": alike,
        "zero_variance_share": alike / groups,
        "missing_rewards": sum(made.missing for made in credit),
        "live": float(torch.stack([made.live for made in credit]).float().mean()),
        "updates": len(norms),
        "norm": float(np.mean(norms)) if norms else None,
        "window": list(window),
        "buffer": len(run.source.buffer),
        **_averages(everyone(processes, logged)),
        **_averages(everyone(processes, [watch([o for turns in played for turn in turns for o in turn.outcomes])])),
    }


def _attempts(run: Run, starts: Sequence[Start], window: Window) -> list[list[Turn]]:
    """The turns of each of this process's batches: groups begin at one of `starts` each, a batch holds whole groups."""
    phase, seed = run.system.phases[run.phase], derive(run.config.seed, run.step)
    t = phase.training
    return [
        play(phase.rollout, *siblings(t, starts, number), seed, window, t.rounds)
        for number in mine(run.accelerator, t.batches, t.optimiser.updates)
    ]


def _credit(run: Run, played: Sequence[Sequence[Turn]], scorer: Scorer) -> tuple[Scores, list[Advantages]]:
    """The rewards of all processes' batches, and from all of them the advantages of each turn.

    The buffer takes back the starts of which some attempts did better than others.
    """
    t = run.system.phases[run.phase].training
    scores = together(run.accelerator, [score(turns, scorer, t.credit) for turns in played])
    _require_numbers(scores, scorer, run.step)
    credit = assign(scores, scorer.weights, t.credit)
    if run.accelerator.is_main_process:
        lively = torch.stack([made.live for made in credit]).any(0)
        run.source.buffer.again([bool(lively[scores.groups == group].any()) for group in range(t.groups)])
    return scores, credit


def _learn(
    run: Run, played: Sequence[Sequence[Turn]], credit: Sequence[Advantages]
) -> tuple[list[float], list[dict[str, float]]]:
    """Replay what was played, and step along the gradient: the norm of every update, and what the losses log.

    The loss is a mean over an update's live samples, however they lie in batches and processes.
    """
    phase, learner, processes = run.system.phases[run.phase], run.learners[run.phase], run.accelerator
    t = phase.training
    norms, logged = list[float](), list[dict[str, float]]()
    for share in np.split(np.arange(len(played)), t.optimiser.updates) * t.optimiser.epochs:
        todo = []
        for i in share:
            first = (mine(processes, t.batches, t.optimiser.updates)[i]) * t.batch_size
            rows = slice(first, first + t.batch_size)
            todo += [(turn, made.values[rows], made.live[rows]) for turn, made in zip(played[i], credit, strict=True)]
        weight = sum_of_all(processes, sum(phase.weight(turn, live) for turn, _, live in todo))
        if weight == 0:
            continue  # all groups are of equal rewards: no step on momentum alone
        for turn, advantages, live in todo:
            if not live.any() and not run.config.fsdp:  # without a lesson; under FSDP the others need its weights
                continue
            with run.precision():
                for part in phase.parts(turn, advantages.to(processes.device), live.to(processes.device)):
                    (part.loss / weight).backward()
                    if live.any():
                        logged.append(part.logged)
                    del part  # its graph would lie beside the next one's
        norms.append(learner.update(processes))
    return norms, logged


def train(run: Run, log: Log, resume: bool = False) -> None:
    """Run to the end of the config's steps or minutes, and write what did best on dev to `out`/export.

    Raises RunError when a replay does not reproduce its rollout, a reward cannot be had, a checkpoint cannot be
    written, or, after the export, the reward climbs while the held-out judge falls.
    """
    config, leads = run.config, run.accelerator.is_main_process
    found = checkpoint.newest(run.out / "checkpoints") if resume else None
    if found is None:
        log.begin()
    else:
        restore(run, checkpoint.load(found, identity(run)))
        log.say(f"resuming {found}")
    run.system.checker.assert_frozen()
    for name in run.system.phases:
        log.say(f"replay check of the {name}: the largest |ratio - 1| before any update is {self_check(run, name):.1e}")
    dev = from_leader(run.accelerator, dev_pictures(config, run.system) if leads else [])
    if not run.evaluations:
        _evaluate(run, dev, log)
    trouble = _trouble(run)
    while trouble is None and _left(run) > 0:
        began = time.monotonic()
        row = train_step(run)
        seconds = from_leader(run.accelerator, time.monotonic() - began)
        run.step, run.seconds = run.step + 1, run.seconds + seconds
        left = _left(run)
        log.step({**row, "seconds": round(seconds, 2), "left": round(left)})
        last = left <= 0
        if last or run.step % config.evaluation.every == 0:
            _evaluate(run, dev, log)
        trouble = _trouble(run)
        if leads and (last or trouble or run.step % config.checkpoint_every == 0):
            checkpoint.save(run.out / "checkpoints", run.step, state(run), config.keep)
    if leads:
        for name, learner in run.learners.items():
            learner.put(run.best[name])
        export(run.out / "export", run.system.preset, run.system.phases)
    if trouble is not None:
        run.accelerator.wait_for_everyone()  # a process that fails ends the others, the one that writes among them
        raise RunError(
            f"stopped after {run.step} steps: {trouble}; the weights of the highest reward on dev are in "
            f"{run.out / 'export'}: look at what they draw before you trust them"
        )
    log.say(f"done: rlrig generate --preset {run.out / 'export'}")


def _trouble(run: Run) -> str | None:
    return hacked(run.evaluations, run.config.evaluation.patience, run.config.evaluation.margin)


def _left(run: Run) -> float:
    """Seconds of training that are left, by what a step has taken so far; not positive when it is over."""
    steps = (run.config.steps - run.step) * max(run.seconds, 1.0) / max(run.step, 1)
    return min(steps, 60 * (run.config.minutes or float("inf")) - run.seconds)


def _window(run: Run, name: Phase) -> Window:
    """What a phase would train at this step."""
    phase = run.system.phases[name]
    return phase.window(run.config.own_step(run.step), np.random.default_rng([run.config.seed, run.step]))


def self_check(run: Run, name: Phase) -> float:
    """Draw one batch of a phase and replay it before any update: the largest |ratio - 1|.

    Raises RunError when it is not 0 within rounding: conditioning, precision or batch shape then differ between rollout
    and replay, and that difference is what would be trained.
    """
    phase, processes = run.system.phases[name], run.accelerator
    t, room = phase.training, RATIO_ROOM[name]
    count = t.batch_size // t.group_size
    # No more than the next step takes: what a check drew on top, a run that is not resumed would not have.
    few = min(count, run.system.phases[run.phase].training.groups)
    window = _window(run, name)
    with run.precision():
        starts = from_leader(processes, run.source.peek(few) if processes.is_main_process else None)
        starts = list(islice(cycle(starts), count))
        (turn,) = play(phase.rollout, *siblings(t, starts, 0), derive(run.config.seed, run.step), window, rounds=1)
        off = phase.mismatch(turn)
    if not off <= room:
        raise RunError(f"a replay of the {name}'s rollout is {off:.1e} off a ratio of 1, and {room:.0e} is allowed")
    return off


def _require_numbers(scores: Scores, scorer: Scorer, step: int) -> None:
    """Raise RunError where nothing would be learned for want of a reward, and no weight would ever move."""
    for what, found in (("", scores.rewards), ("of the pictures as they were, ", scores.idle)):
        for name, column in zip(scorer.names, found.unbind(-1), strict=True):
            if bool(column.isnan().all()):
                raise RunError(f"step {step}: reward {name}: {what}not one of {column.numel()} is a number")


def siblings(t: ActorTraining | EditorTraining, starts: Sequence[Start], number: int) -> tuple[list[Start], Tensor]:
    """The starts (B) and group ids (B,) of a step's batch `number`: each start as often as a group has members."""
    each = t.batch_size // t.group_size
    ids = torch.arange(number * each, (number + 1) * each).repeat_interleave(t.group_size)
    return [starts[int(i)] for i in ids], ids


def _evaluate(run: Run, dev: Sequence[Start], log: Log) -> None:
    """Measure the averaged weights on dev, and remember those that did best."""
    if run.accelerator.is_main_process or run.config.fsdp:
        with _averaged(run):
            found = evaluate(run.system, dev, run.config.seed)
        trained = run.config.phase_at(run.first, max(0, run.step - 1))  # of the step before, whose doing it is
        row = {"step": run.step, "phase": trained, **found}
        if not run.evaluations or row["kept"] > best_reward(run.evaluations):
            run.best = {name: learner.average() for name, learner in run.learners.items()}
        run.evaluations.append(row)
        log.evaluation(row)
        for warning in out_of_band(run.evaluations[0], row):
            log.say(f"  warning: {warning}")
    run.evaluations = from_leader(run.accelerator, run.evaluations)


def _averaged(run: Run) -> ExitStack:
    stack = ExitStack()
    for learner in run.learners.values():
        stack.enter_context(learner.averaged())
    return stack


def _averages(logged: Sequence[dict[str, float]]) -> dict[str, float]:
    """Means by name; the ratios and clip shares of single steps also over all of them."""
    found = {name: float(np.mean([row[name] for row in logged if name in row])) for row in logged for name in row}
    for name in ("ratio", "clip"):
        parts = [value for key, value in found.items() if key.startswith(f"{name}_")]
        if parts:
            found[name] = float(np.mean(parts))
    return found
