"""One step of editor training against a plain loop that follows the published Flow-GRPO procedure.

Both draw the same edits, one group of siblings, with the bundled editor under a LoRA and train on the same steps of
them, with the same loss. The plain loop (yifan123/flow_grpo, scripts/train_flux_kontext.py) encodes picture and text
for every sibling, takes random steps all the way and keeps the latents and log-probabilities of all of them; ours
encodes them once and is random inside its window alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from benchmarks.measure import Contest, Result, calling, hold, running

MOST = 1.0
EDITS, STEPS, WINDOW = 16, 8, (1, 2)


def run(rounds: int = 8) -> list[Result]:
    """Time in turns within this process; memory, which starting up outweighs in time, of a child process each."""
    ours, plain = sides()
    if not ours() > 0 or not plain() > 0:
        raise AssertionError("a step without a gradient was timed")
    about = {
        "ours": "windowed rollout, one trained step at a time",
        "peer": "a plain Flow-GRPO loop, same trained steps",
        "unit": "step",
        "units": 1,
    }
    timed = Contest(
        name=f"editor, a step on {EDITS} edits",
        our_turn=calling(ours),
        peer_turn=calling(plain),
        most=MOST,
        **about,
    )
    child = (sys.executable, "-m", "benchmarks.editor_step")
    peaks = Contest(
        name=f"editor, a process with one step on {EDITS} edits",
        our_turn=running(*child, "ours"),
        peer_turn=running(*child, "plain"),
        most_memory=MOST,
        **about,
    )
    return [hold(timed, rounds), hold(peaks, max(1, rounds // 4))]


def sides() -> tuple[Callable[[], float], Callable[[], float]]:
    """The two steps: each draws and trains once, and returns the norm of its gradient."""
    import torch
    from PIL import Image

    from rlrig.backends.load import open_editor
    from rlrig.grpo.config import KONTEXT_TARGETS
    from rlrig.grpo.flow_policy import KontextPolicy
    from rlrig.grpo.kernel import step
    from rlrig.grpo.objectives import clipped
    from rlrig.grpo.trajectory import replay, sample
    from rlrig.presets import load_preset

    torch.set_num_threads(1)
    preset = load_preset("shapes")
    sampling = preset.editor.sampling.model_copy(update={"steps": STEPS})
    policy = KontextPolicy(open_editor(preset), sampling)
    policy.adapt(16, 32, KONTEXT_TARGETS)
    pictures = [Image.new("RGB", (sampling.size, sampling.size), "white")] * EDITS
    told = ["add a red circle"] * EDITS
    advantages = torch.randn(EDITS, generator=torch.Generator().manual_seed(0))
    parameters = list(policy.parameters().values())
    optimiser = torch.optim.AdamW(parameters, lr=1e-9)  # every step shall find the same weights

    def learn() -> float:
        norm = float(torch.nn.utils.clip_grad_norm_(parameters, 1.0))
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        return norm

    def ours() -> float:
        given = policy.encode(pictures, told)
        first, noise = policy.noise(range(EDITS), len(WINDOW))
        drawn = sample(policy.velocity(given), first, policy.sigmas(), WINDOW, noise, "flow", 0.7)
        policy.decode(drawn.final)
        for k in range(len(WINDOW)):
            again = replay(policy.velocity(given), drawn, k)
            (clipped(again.logp, drawn.logp[k], advantages).loss.mean() / len(WINDOW)).backward()
            del again  # as the trainer does: its graph would lie beside the next one's
        return learn()

    def plain() -> float:
        given, sigmas = policy.encode([picture.copy() for picture in pictures], told), policy.sigmas()
        x, noise = policy.noise(range(EDITS), STEPS - 1)
        velocity, latents, logps = policy.velocity(given), [x], list[Any]()
        with torch.no_grad():
            for i, (s, after) in enumerate(pairwise(sigmas)):
                last = i == STEPS - 1
                made = step(x, velocity(x, s), s, after, None if last else noise[i], "ode" if last else "flow", 0.7)
                x = made.x_next
                latents.append(x)
                logps.append(made.logp)
        policy.decode(x)
        for i in WINDOW:
            before, after = latents[i], latents[i + 1]
            made = step(before, velocity(before, sigmas[i]), sigmas[i], sigmas[i + 1], a=0.7, x_next=after)
            ratio = (made.logp - logps[i]).exp()
            limited = ratio.clamp(1 - 1e-4, 1 + 1e-4)
            (torch.maximum(-advantages * ratio, -advantages * limited).mean() / len(WINDOW)).backward()
        return learn()

    return ours, plain


if __name__ == "__main__":
    sides()[("ours", "plain").index(sys.argv[1])]()
