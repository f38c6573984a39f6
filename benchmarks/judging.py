"""Calls of the `openai` judge to a server that takes 200 ms for each, against the bare client, as many at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from benchmarks.measure import Contest, Result, calling, hold
from rlrig_eval.judges.contract import Reply, Request
from rlrig_eval.judges.forms import WordForm
from rlrig_eval.judges.openai import OpenAI
from rlrig_eval.judges.wire import Dialect, arguments

LATENCY, AT_ONCE = 0.2, 64


def run(calls: int = 1280, rounds: int = 3) -> list[Result]:
    """The ideal is calls / concurrency x latency on the clock; both turns are held against each other."""
    image = Image.new("RGB", (64, 64))
    requests = [Request((image,), f"question {number}", WordForm()) for number in range(calls)]
    with slow_server() as url:
        judge = OpenAI("slow", base_url=url, concurrency=AT_ONCE)

        def ours() -> None:
            assert all(isinstance(reply, Reply) for reply in judge.replies(requests))

        contest = Contest(
            name=f"{calls} calls of {LATENCY * 1000:.0f} ms, {AT_ONCE} at once "
            f"(ideal {calls / AT_ONCE * LATENCY:.1f} s)",
            ours="judge openai",
            peer="the bare client",
            unit="call",
            units=calls,
            our_turn=calling(ours),
            peer_turn=calling(lambda: asyncio.run(bare(url, requests))),
        )
        return [hold(contest, rounds)]


async def bare(url: str, requests: list[Request]) -> None:
    """The same calls with the official client and a semaphore: no cache, no limiter, no reading of replies."""
    from openai import AsyncOpenAI

    slots = asyncio.Semaphore(AT_ONCE)
    sampling = {"temperature": 0.0, "seed": 0, "max_tokens": 1024}
    async with AsyncOpenAI(api_key="none", base_url=url, max_retries=0) as client:

        async def call(request: Request) -> None:
            async with slots:
                await client.chat.completions.create(**arguments("slow", request, sampling, Dialect(), 768))

        await asyncio.gather(*map(call, requests))


@contextmanager
def slow_server() -> Iterator[str]:
    """The address of a server in a process of its own."""
    script = Path(__file__).with_name("slow_server.py")
    with subprocess.Popen([sys.executable, str(script), str(LATENCY)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.terminate()
