"""The two phases of training: how each chooses its window, what it replays, and what it minimises."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from rlrig.grpo import windows
from rlrig.grpo.config import ActorTraining, EditorTraining
from rlrig.grpo.flow_policy import KontextPolicy
from rlrig.grpo.objectives import clipped, denominator, dppo, gaussian_kl, importance, k3, nft, ratio_norm, token_loss
from rlrig.grpo.objectives.image import ImageLoss
from rlrig.grpo.rollout import ActorRollout, EditorRollout, FlowRecord, Rollout, TokenRecord, Turn, texts_for
from rlrig.grpo.token_policy import ActorPolicy
from rlrig.grpo.trajectory import Forward, Trajectory, Velocity, replay
from rlrig.grpo.windows import Window


@dataclass(frozen=True)
class Part:
    """One term of a loss, to be divided by the step's weight, and what to log of it: means over live samples."""

    loss: Tensor
    logged: dict[str, float]


class Phase(Protocol):
    """`weight` is what a turn adds to the divisor of the step's loss; `parts` are its terms, to be summed."""

    training: ActorTraining | EditorTraining
    rollout: Rollout

    def window(self, step: int, rng: np.random.Generator) -> Window: ...

    def weight(self, turn: Turn, live: Tensor) -> float: ...

    def parts(self, turn: Turn, advantages: Tensor, live: Tensor) -> Iterator[Part]: ...

    def mismatch(self, turn: Turn) -> float: ...


@dataclass(frozen=True)
class EditorPhase:
    """Trains the random steps of edits."""

    training: EditorTraining
    rollout: EditorRollout
    policy: KontextPolicy

    def window(self, step: int, rng: np.random.Generator) -> Window:
        t = self.training
        return windows.choose(t.window, t.sampling_steps, t.window_size, step, rng)

    def weight(self, turn: Turn, live: Tensor) -> float:
        """Live samples times trained steps: the loss is a mean over both."""
        return float(live.sum()) * _steps(_flow(turn).walked)

    def parts(self, turn: Turn, advantages: Tensor, live: Tensor) -> Iterator[Part]:
        """One term a trained step: a gradient needs the memory of one, if each is dropped before the next is made."""
        record = _flow(turn)
        for k in range(_steps(record.walked)):
            if isinstance(record.walked, Forward):
                yield self._forward(record, record.walked, k, advantages, live)
            else:
                yield self._random(record, record.walked, k, advantages, live)

    def mismatch(self, turn: Turn) -> float:
        """The largest |ratio - 1| of a replay before any update, infinite when the conditioning differs."""
        record = _flow(turn)
        before, written = [o.before for o in turn.outcomes], [o.instruction for o in turn.outcomes]
        texts = texts_for(self.rollout.loop, before, written)
        again = self.policy.encode([start.image for start in before], texts)
        if again.digest() != record.digest:
            return float("inf")
        velocity, walked = self.policy.velocity(record.condition), record.walked
        found = list[float]()
        for k in range(_steps(walked)):  # one graph at a time, as in training
            if isinstance(walked, Forward):
                off = velocity(walked.mixed(k), walked.sigmas[k]) - walked.v_old[k]
            else:
                off = (_density(velocity, walked, k) - walked.logp[k]).expm1()
            found.append(float(off.detach().abs().max()))
            del off
        return max(found)

    def _objective(
        self, logp: Tensor, mean: Tensor, std: Tensor, walked: Trajectory, k: int, advantages: Tensor
    ) -> ImageLoss:
        t, old_logp, old_mean = self.training, walked.logp[k], walked.mean[k]
        if t.objective == "ratio_norm":
            return ratio_norm(logp, old_logp, mean, old_mean, std, advantages, walked.dt(k), t.limit)
        if t.objective == "dppo":
            return dppo(logp, old_logp, mean, old_mean, std, advantages, t.limit)
        return clipped(logp, old_logp, advantages, t.limit)

    def _random(self, record: FlowRecord, walked: Trajectory, k: int, advantages: Tensor, live: Tensor) -> Part:
        t, velocity = self.training, self.policy.velocity(record.condition)
        again = replay(velocity, walked, k)
        assert again.logp is not None  # for the type checker, as in `_density`
        made = self._objective(again.logp, again.mean, again.std, walked, k, advantages)
        loss, logged = made.loss, _logged(walked.window[k], made, live)
        if t.beta:
            with torch.no_grad(), self.policy.reference():
                reference = replay(velocity, walked, k).mean
            kl = gaussian_kl(again.mean, reference, again.std)
            loss, logged["kl"] = loss + t.beta * kl, float(kl[live].detach().mean())
        return Part(loss[live].sum(), logged)

    def _forward(self, record: FlowRecord, made: Forward, k: int, advantages: Tensor, live: Tensor) -> Part:
        s, x, velocity, beta = made.sigmas[k], made.mixed(k), self.policy.velocity(record.condition), self.training.beta
        reference = None
        if beta:
            with torch.no_grad(), self.policy.reference():
                reference = velocity(x, s)
        sigma = torch.full((len(x),), s, device=x.device)
        v = velocity(x, s)
        loss = nft(
            v, made.v_old[k], made.final, made.noise[k], sigma, advantages, self.training.nft_b,
            v_ref=reference, beta=beta,
        )  # fmt: skip
        logged = {"moved": _apart(v, made.v_old[k], live)}
        if reference is not None:
            logged["from_reference"] = _apart(v, reference, live)
        return Part(loss[live].sum(), logged)


@dataclass(frozen=True)
class ActorPhase:
    """Trains the tokens of instructions."""

    training: ActorTraining
    rollout: ActorRollout
    policy: ActorPolicy

    def window(self, step: int, rng: np.random.Generator) -> Window:
        return ()

    def weight(self, turn: Turn, live: Tensor) -> float:
        written = _tokens(turn).written
        return (
            float(denominator(self.training.loss, written.mask[live], self.training.max_tokens)) if live.any() else 0.0
        )

    def parts(self, turn: Turn, advantages: Tensor, live: Tensor) -> Iterator[Part]:
        record, t = _tokens(turn), self.training
        logp, mask = self.policy.logp(record.written), record.written.mask
        reference = None
        if t.beta:
            with torch.no_grad(), self.policy.reference():
                reference = self.policy.logp(record.written)[live]
        loss = token_loss(
            logp[live], record.logp[live], advantages[live], mask[live], t.loss, t.eps_low, t.high, t.delta,
            t.beta, reference, t.kl, t.max_tokens, total=1.0,
        )  # fmt: skip
        with torch.no_grad():
            kept = mask[live].bool()
            ratio = importance(logp[live], record.logp[live], mask[live], t.loss).expand_as(kept)
            logged = {
                "ratio": float(ratio[kept].mean()),
                "clip": float(_outside(ratio, advantages[live], t)[kept].mean()),
            }
            logged["entropy_proxy"] = float(-logp[live][kept].mean())
            if reference is not None:
                logged["kl"] = float(k3(reference, logp[live])[kept].mean())
        yield Part(loss, logged)

    def mismatch(self, turn: Turn) -> float:
        """The largest |ratio - 1| of a replay before any update, infinite when what was asked differs."""
        record = _tokens(turn)
        written = record.written
        before = [o.before for o in turn.outcomes[:: len(turn.outcomes) // len(turn.groups)]]
        failed = [start.view.surest(self.rollout.loop.at_once) for start in before]
        asked = self.policy.read([start.image for start in before], [start.prompt for start in before], failed)
        if not all(torch.equal(asked[name], given) for name, given in written.prompts.items()):
            return float("inf")
        again = self.policy.logp(written).detach()
        return float((again - record.logp).expm1().abs()[written.mask.bool()].max())


def _outside(ratio: Tensor, advantages: Tensor, t: ActorTraining) -> Tensor:
    """Which tokens give no gradient for having moved far enough; under cispo, whose weight is capped."""
    a = advantages[:, None]
    if t.loss == "cispo":
        return ((ratio > t.high) & (a > 0)).float()
    return (((ratio > 1 + t.high) & (a > 0)) | ((ratio < 1 - t.eps_low) & (a < 0))).float()


def _logged(index: int, made: ImageLoss, live: Tensor) -> dict[str, float]:
    """By the index of the step: early steps move the picture more, and are clipped apart from late ones."""
    return {
        f"ratio_{index}": float(made.ratio[live].mean()),
        f"clip_{index}": float(made.clipped[live].float().mean()),
    }


def _apart(v: Tensor, other: Tensor, live: Tensor) -> float:
    """The mean squared difference of two velocities, over live samples."""
    return float(((v.detach() - other)[live] ** 2).mean())


def _density(velocity: Velocity, walked: Trajectory, k: int) -> Tensor:
    again = replay(velocity, walked, k).logp
    assert again is not None  # a window holds no step without a density
    return again


def _steps(walked: Trajectory | Forward) -> int:
    return len(walked.window) if isinstance(walked, Trajectory) else len(walked.sigmas)


def _flow(turn: Turn) -> FlowRecord:
    assert isinstance(turn.record, FlowRecord)
    return turn.record


def _tokens(turn: Turn) -> TokenRecord:
    assert isinstance(turn.record, TokenRecord)
    return turn.record
