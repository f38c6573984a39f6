"""What the policy does with failed pictures, and what the Checker says of it: instructions, edits, verdicts.

A batch holds whole groups: the siblings of a start, side by side. Replays use the very batches that were drawn, so that
a ratio is exactly 1 until the weights move.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from PIL.Image import Image
from torch import Tensor

from rlrig.grpo.flow_policy import Condition, KontextPolicy
from rlrig.grpo.kernel import Kind
from rlrig.grpo.outcomes import Outcome, Start
from rlrig.grpo.seeds import derive
from rlrig.grpo.token_policy import ActorPolicy, Completions
from rlrig.grpo.trajectory import Forward, Trajectory, forward, sample
from rlrig.grpo.windows import Window
from rlrig.presets import Loop
from rlrig.roles import Actor, Checker, InverseDiffuser


@dataclass(frozen=True)
class FlowRecord:
    """B edits, to be replayed: their random steps, what they were conditioned on and its digest, their noise seeds."""

    walked: Trajectory | Forward
    condition: Condition
    digest: str
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class TokenRecord:
    """B instructions, to be replayed: with the log-probabilities (B, T) of the policy that wrote them."""

    written: Completions
    logp: Tensor
    seed: int


@dataclass(frozen=True)
class Turn:
    """One round of one batch. `outcomes` has the M edits of each sample side by side (M is 1 for the editor);
    `open` (B,) is False where the picture before already satisfied the Checker."""

    record: FlowRecord | TokenRecord
    groups: Tensor
    outcomes: tuple[Outcome, ...]
    open: Tensor


class Rollout(Protocol):
    """Makes one round of a batch: (starts (B), group ids (B,), seed) to a Turn."""

    def __call__(self, starts: Sequence[Start], groups: Tensor, seed: int, window: Window) -> Turn: ...


@dataclass(frozen=True)
class EditorRollout:
    """The frozen Actor writes one instruction for each picture; the policy edits every sibling from its own noise.

    With `nft` the path is an ODE, and the window says at which sigmas the forward process is trained. `loop` says what
    the Actor and the editor are told.
    """

    policy: KontextPolicy
    actor: Actor
    checker: Checker
    kind: Kind
    a: float
    loop: Loop
    nft: bool = False

    def __call__(self, starts: Sequence[Start], groups: Tensor, seed: int, window: Window) -> Turn:
        written = instructions(self.actor, starts, self.loop, seed)
        condition = self.policy.encode([start.image for start in starts], texts_for(self.loop, starts, written))
        seeds = tuple(derive(seed, *place) for place in _places(groups))
        first, noise = self.policy.noise(seeds, len(window))
        velocity, sigmas = self.policy.velocity(condition), self.policy.sigmas()
        walked: Trajectory | Forward = sample(
            velocity, first, sigmas, () if self.nft else window, noise, self.kind, self.a
        )
        if self.nft:
            walked = forward(velocity, walked.final, sigmas, window, noise)
        after = look(self.checker, starts, self.policy.decode(walked.final))
        outcomes = tuple(Outcome(*each) for each in zip(starts, after, written, strict=True))
        return Turn(FlowRecord(walked, condition, condition.digest(), seeds), groups, outcomes, _unsolved(starts))


@dataclass(frozen=True)
class ActorRollout:
    """The policy writes an instruction for every sibling; the frozen editor does each of them `edits` times.

    Siblings share the editor's noise seeds, so that what differs between them is what they wrote. `loop` says what the
    Actor and the editor are told.
    """

    policy: ActorPolicy
    editor: InverseDiffuser
    checker: Checker
    edits: int
    loop: Loop

    def __call__(self, starts: Sequence[Start], groups: Tensor, seed: int, window: Window) -> Turn:
        written = self.policy.sample(
            [start.image for start in starts],
            [start.prompt for start in starts],
            [start.view.surest(self.loop.at_once) for start in starts],
            derive(seed, int(groups[0])),
        )
        with torch.no_grad():
            logp = self.policy.logp(written)
        repeated = [start for start in starts for _ in range(self.edits)]
        texts = [text for text in written.texts for _ in range(self.edits)]
        seeds = [derive(seed, int(group), m) for group in groups for m in range(self.edits)]
        pictures = self.editor.edit([start.image for start in repeated], texts_for(self.loop, repeated, texts), seeds)
        after = look(self.checker, repeated, pictures)
        finished = [ended for ended in written.finished for _ in range(self.edits)]
        outcomes = tuple(Outcome(*each) for each in zip(repeated, after, texts, finished, strict=True))
        return Turn(TokenRecord(written, logp, seed), groups, outcomes, _unsolved(starts))


def play(
    rollout: Rollout, starts: Sequence[Start], groups: Tensor, seed: int, window: Window, rounds: int
) -> list[Turn]:
    """`rounds` turns of one batch, each beginning at the first edit of the turn before."""
    turns = list[Turn]()
    for number in range(rounds):
        turn = rollout(starts, groups, derive(seed, number), window)
        turns.append(turn)
        starts = [outcome.after for outcome in turn.outcomes[:: len(turn.outcomes) // len(starts)]]
    return turns


def look(checker: Checker, before: Sequence[Start], images: Sequence[Image]) -> list[Start]:
    """The pictures that the starts became, seen by the Checker.

    What is the same to the byte is asked about once: in half precision an answer depends on its place in the batch,
    and siblings that are one picture would be told apart.
    """
    keys = [(id(start.graph), image.tobytes()) for start, image in zip(before, images, strict=True)]
    distinct = {key: (start, image) for key, start, image in zip(keys, before, images, strict=True)}
    shown = list(distinct.values())
    found = checker.check([image for _, image in shown], [start.requirements for start, _ in shown])
    answers = dict(zip(distinct, found, strict=True))
    return [
        Start(start.prompt, start.graph, image, tuple(answers[key]), start.threshold, start.counting)
        for key, start, image in zip(keys, before, images, strict=True)
    ]


def _places(groups: Tensor) -> list[tuple[int, int]]:
    """(group id, number within the group) of each sample: noise depends on them, not on the batch."""
    ids = groups.tolist()
    return [(group, ids[:i].count(group)) for i, group in enumerate(ids)]


def instructions(actor: Actor, starts: Sequence[Start], loop: Loop, seed: int) -> list[str]:
    """One a start, told as many of its failed requirements as the loop tells; siblings of one picture are the same
    object and ask once."""
    distinct = list({id(start): start for start in starts}.values())
    written = actor.write(
        [start.image for start in distinct],
        [start.prompt for start in distinct],
        [start.view.surest(loop.at_once) for start in distinct],
        [derive(seed, number) for number in range(len(distinct))],
    )
    by_start = {id(start): text for start, text in zip(distinct, written, strict=True)}
    return [by_start[id(start)] for start in starts]


def texts_for(loop: Loop, starts: Sequence[Start], written: Sequence[str]) -> list[str]:
    """What the editor reads of each instruction."""
    return [loop.editor_text(start.prompt, text) for start, text in zip(starts, written, strict=True)]


def _unsolved(starts: Sequence[Start]) -> Tensor:
    return torch.tensor([not start.view.satisfied for start in starts])
