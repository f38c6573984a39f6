"""The real trainer on a world of grey pictures: every role is a line or two, and what is best is known.

A picture is one grey level, 128 + 32 x. The Checker believes in the last requirement the more, the nearer x is to 2.
The editor policy paints x from a normal distribution whose mean is trained, from 0; the Actor policy chooses one of
three instructions, of which one leads to x = 2.
"""

from contextlib import contextmanager

import numpy as np
import torch
from accelerate import Accelerator
from PIL import Image

from rlrig.grpo.config import Config
from rlrig.grpo.flow_policy import Condition
from rlrig.grpo.learner import Learner
from rlrig.grpo.phases import ActorPhase, EditorPhase
from rlrig.grpo.rollout import ActorRollout, EditorRollout
from rlrig.grpo.run import Run
from rlrig.grpo.starts import Asked, StartSource
from rlrig.grpo.system import System
from rlrig.grpo.token_policy import Completions
from rlrig.presets import Loop, load_preset
from tests.rlrig.grpo.made import GRAPH, PROMPT

BEST, SPREAD, STEPS = 2.0, 0.4, 8
WORDS = {"darken it": -2.0, "leave it": 0.0, "brighten it": BEST}


def picture(x):
    return Image.new("RGB", (8, 8), (int(np.clip(128 + 32 * x, 0, 255)),) * 3)


def level(image):
    return (np.asarray(image, dtype=float)[0, 0, 0] - 128) / 32


class Checker:
    def check(self, images, requirements):
        return [
            [0.9] * (len(asked) - 1) + [float(np.exp(-((level(image) - BEST) ** 2) / 4))]
            for image, asked in zip(images, requirements, strict=True)
        ]


class Diffuser:
    evals_per_image = 1

    def draw(self, prompts, seeds):
        return [picture(-1.0) for _ in prompts]


class Editor:
    evals_per_image = 1

    def edit(self, images, instructions, seeds):
        return [picture(WORDS[text]) for text in instructions]


class Actor:
    def write(self, images, prompts, failed, seeds):
        return ["paint it grey" for _ in images]


class PaintingPolicy:
    """Data N(m, SPREAD^2) with the exact velocity; `m` is what is trained."""

    def __init__(self):
        self.m = torch.nn.Parameter(torch.zeros(()))

    def parameters(self):
        return {"m": self.m}

    @contextmanager
    def reference(self):
        kept, self.m = self.m, torch.nn.Parameter(torch.zeros(()))
        try:
            yield
        finally:
            self.m = kept

    def encode(self, images, instructions):
        pixels = torch.tensor([[[level(image)]] for image in images], dtype=torch.float32)
        nothing = torch.zeros(len(images), 1, 1)
        return Condition(nothing, nothing[:, 0], pixels, torch.zeros(1, 3), torch.zeros(2, 3), None)

    def sigmas(self):
        return (*torch.linspace(1, 1 / STEPS, STEPS).tolist(), 0.0)

    def noise(self, seeds, random_steps):
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        first, later = (
            [[torch.randn(1, 1, generator=g) for g in generators] for _ in range(count)] for count in (1, random_steps)
        )
        stacked = torch.stack([torch.stack(row) for row in later]) if later else torch.zeros(0, len(seeds), 1, 1)
        return torch.stack(first[0]), stacked

    def velocity(self, given):
        def at(x, s):
            variance = (1 - s) ** 2 * SPREAD**2 + s**2
            centred = x - (1 - s) * self.m
            return s / variance * centred - (self.m + (1 - s) * SPREAD**2 / variance * centred)

        return at

    def decode(self, latents):
        return [picture(float(x)) for x in latents.flatten()]


class WritingPolicy:
    """One token a completion: which of WORDS."""

    def __init__(self):
        self.logits = torch.nn.Parameter(torch.zeros(len(WORDS)))

    def parameters(self):
        return {"logits": self.logits}

    @contextmanager
    def reference(self):
        kept, self.logits = self.logits, torch.nn.Parameter(torch.zeros(len(WORDS)))
        try:
            yield
        finally:
            self.logits = kept

    def read(self, images, prompts, failed):
        return {}

    def sample(self, images, prompts, failed, seed):
        made = torch.Generator("cpu").manual_seed(seed)
        chances = self.logits.detach().softmax(0)
        tokens = torch.multinomial(chances, len(images), replacement=True, generator=made)[:, None]
        texts = tuple(list(WORDS)[int(token)] for token in tokens)
        return Completions({}, tokens, torch.ones_like(tokens), texts, (True,) * len(images))

    def logp(self, made):
        return self.logits.log_softmax(0)[made.tokens]


def toy(first, out, **settings):
    """A run of the toy world, before its first step; `settings` are those of the phase that is trained."""
    sizes = {"groups": 4, "group_size": 8, "batch_size": 16, "credit": {"floor": False}}
    chosen = {**sizes, "optimiser": {"lr": 0.05}, **settings}
    if first == "editor":
        chosen = {"sampling_steps": STEPS, "window": "all", "clip": 0.2, **chosen}
    config = Config(name="toy", steps=1000, draw=8, **{first: chosen})
    checker, t = Checker(), config.training(first)
    if first == "editor":
        policy = PaintingPolicy()
        phase = EditorPhase(
            t, EditorRollout(policy, Actor(), checker, t.kind, t.noise, Loop(), t.objective == "nft"), policy
        )
    else:
        policy = WritingPolicy()
        phase = ActorPhase(t, ActorRollout(policy, Editor(), checker, t.edits, Loop()), policy)
    system = System(load_preset("shapes"), Diffuser(), checker, Actor(), Editor(), {first: phase}, None)
    source = StartSource(lambda number: Asked(PROMPT, GRAPH), Diffuser(), checker, seed=0, draw=8, loop=Loop())
    learners = {first: Learner(policy.parameters(), t.optimiser)}
    return Run(config, first, out, system, Accelerator(cpu=True), source, learners)
