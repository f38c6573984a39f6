"""Calls of the `openai` judge to a server that takes 200 ms for each, against the bare client and inspect_ai."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from benchmarks.measure import Contest, Cost, Result, Turn, calling, hold, running
from rlrig_eval.judges.contract import Reply, Request
from rlrig_eval.judges.forms import WordForm
from rlrig_eval.judges.openai import OpenAI
from rlrig_eval.judges.pictures import data_url
from rlrig_eval.judges.wire import Dialect, body_of

LATENCY, AT_ONCE = 0.2, 64
IDEAL = 0.95
"""The least share of the ideal throughput: calls / (calls / concurrency x latency)."""
SUSTAINED = 8
"""Times as many calls for it, half a minute of them: throughput is what goes on after the first wave has been sent."""
INSPECT = "RLRIG_INSPECT_PYTHON"
"""The environment variable that names a Python in which inspect_ai is installed; without it, it is no peer."""
_OURS, _PEER = (str(Path(__file__).with_name(name)) for name in ("judge_calls.py", "inspect_peer.py"))
_SAMPLING = {"temperature": 0.0, "seed": 0, "max_tokens": 1024}


def run(calls: int = 1280, rounds: int = 3, sustained: int = SUSTAINED) -> list[Result]:
    """Against the ideal, the bare client and, where there is one, inspect_ai; the same server for all.

    The ideal is `IDEAL` of the calls that fit into the time, `sustained` times `calls`, and is promised by the clock:
    nothing else may run on the machine. The ratio of the processor says whether one core leaves room for it.
    """
    image = Image.new("RGB", (64, 64))
    many = [Request((image,), f"question {number}", WordForm()) for number in range(sustained * calls)]
    requests = many[:calls]
    with slow_server(LATENCY) as url:
        judge = OpenAI("slow", base_url=url, concurrency=AT_ONCE, timeout=60.0)

        def ask(asked: list[Request]) -> None:
            assert all(isinstance(reply, Reply) for reply in judge.replies(asked))

        def against(peer: str, peer_turn: Turn, our_turn: Turn) -> Contest:
            return Contest(_about(calls), "judge openai", peer, "call", calls, our_turn, peer_turn, most=1.0)

        ask(requests[:AT_ONCE])  # so that the first turn does not pay for loading the client
        contests = [
            Contest(
                name=_about(len(many)),
                ours="judge openai",
                peer=f"{IDEAL:.0%} of the ideal",
                unit="call",
                units=len(many),
                our_turn=calling(lambda: ask(many)),
                peer_turn=ideal(len(many)),
                most_wall_ms=1000 * LATENCY / AT_ONCE / IDEAL,
            ),
            against(
                "the bare client", calling(lambda: asyncio.run(bare(url, requests))), calling(lambda: ask(requests))
            ),
        ]
        peer = os.environ.get(INSPECT)
        if peer is None:
            print(f"inspect_ai: no peer, for {INSPECT} names no Python that has it", file=sys.stderr)
        else:
            work = (url, str(calls), str(AT_ONCE))
            turns = running(peer, _PEER, *work), running(sys.executable, _OURS, *work)
            contests.append(against("inspect_ai, a process each", *turns))
        return [hold(contest, rounds) for contest in contests]


def _about(calls: int) -> str:
    return f"{calls:,} calls of {LATENCY * 1000:.0f} ms, {AT_ONCE} at once"


def ideal(calls: int) -> Turn:
    """What the clock may show, and what a core can give in that time."""
    seconds = calls / AT_ONCE * LATENCY / IDEAL
    return lambda: Cost(wall=seconds, processor=seconds)


async def bare(url: str, requests: list[Request]) -> None:
    """The same calls with the official client and a semaphore: no cache, no limiter, no reading of replies."""
    from openai import AsyncOpenAI

    slots = asyncio.Semaphore(AT_ONCE)
    async with AsyncOpenAI(api_key="none", base_url=url, max_retries=0, timeout=60.0) as client:

        async def call(request: Request) -> None:
            async with slots:
                urls = [data_url(image, 768) for image in request.images]
                asked = body_of(request, urls, _SAMPLING, Dialect())
                await client.chat.completions.create(model="slow", **asked)

        await asyncio.gather(*map(call, requests))


@contextmanager
def slow_server(latency: float) -> Iterator[str]:
    """The address of a server in a process of its own that answers after `latency` seconds."""
    script = Path(__file__).with_name("slow_server.py")
    with subprocess.Popen([sys.executable, str(script), str(latency)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.terminate()
