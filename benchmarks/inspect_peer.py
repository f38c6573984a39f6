"""python inspect_peer.py URL CALLS AT_ONCE: the calls of judge_calls.py, made by inspect_ai's model interface.

Run by a Python that has inspect_ai; nothing of ours is imported. No evaluation log is written: only the calls.
"""

import asyncio
import base64
import io
import sys

from inspect_ai.model import ChatMessageUser, ContentImage, ContentText, GenerateConfig, get_model
from PIL import Image

QUESTION = 'Does this figure show "a red circle"? Please answer yes or no.'


def picture(number: int) -> str:
    colour = (number % 256, number // 256 % 256, number // 65_536)
    written = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


async def main(url: str, calls: int, at_once: int) -> int:
    config = GenerateConfig(
        max_connections=at_once, temperature=0.0, seed=0, max_tokens=4, logprobs=True, top_logprobs=20, timeout=60
    )
    model = get_model("openai-api/slow/slow", base_url=url, api_key="none", config=config)

    async def call(number: int) -> bool:
        content = [ContentImage(image=picture(number)), ContentText(text=QUESTION)]
        return (await model.generate([ChatMessageUser(content=content)])).completion == "yes"

    return sum(await asyncio.gather(*map(call, range(calls))))


if __name__ == "__main__":
    wanted = int(sys.argv[2])
    sys.exit(asyncio.run(main(sys.argv[1], wanted, int(sys.argv[3]))) != wanted)
