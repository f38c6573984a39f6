"""Checker and Actor on an OpenAI-compatible server (vLLM, SGLang, hosted), through OpenAI's own client."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from PIL import Image

from rlrig.backends.chat import ask, ask_repair
from rlrig.spent import Spent
from rlrig_eval.addresses import data_url, server_address
from rlrig_eval.errors import RunError
from rlrig_eval.metrics.first_token import yes_and_no
from rlrig_eval.scene import Requirement

KEY = "OPENAI_API_KEY"
AT_ONCE = 8
NEW_TOKENS = 64
_RIVALS = 20
T = TypeVar("T")


class Server:
    """One model behind one address. `timeout` is in seconds, for each of the `attempts`.

    Raises UsageError for an address that is none, or names a user or password.
    """

    def __init__(self, model: str, address: str, timeout: float = 60.0, attempts: int = 4) -> None:
        from openai import OpenAI

        server_address(f"model {model}", "server", address, KEY)
        self._model, self._key = model, os.environ.get(KEY) or "none"
        self._client = OpenAI(api_key=self._key, base_url=address, timeout=timeout, max_retries=attempts - 1)

    def say(self, image: Image.Image, text: str, tokens: int, **more: Any) -> tuple[Any, Spent]:
        """The first choice of a greedy chat completion about a picture, and what the server says it took.

        Raises RunError when none comes.
        """
        from openai import OpenAIError

        picture = {"url": data_url(image.convert("RGB"))}
        content = [{"type": "image_url", "image_url": picture}, {"type": "text", "text": text}]
        turn: Any = [{"role": "user", "content": content}]
        try:
            reply = self._client.chat.completions.create(
                model=self._model, messages=turn, max_tokens=tokens, temperature=0.0, seed=0, **more
            )
            return reply.choices[0], _usage(reply)
        except (OpenAIError, IndexError, TypeError, ValueError) as problem:
            said = " ".join(str(problem).split())[:300].replace(self._key, "***")
            raise RunError(f"server of {self._model}: {type(problem).__name__}: {said}") from problem


class RemoteChecker:
    """P(yes) of the first answer token, among yes and no, as VQAScore reads it; the server must give logprobs."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.spent: list[Spent] = []

    def check(self, images: Sequence[Image.Image], requirements: Sequence[Sequence[Requirement]]) -> list[list[float]]:
        """P(yes) in [0, 1] of every requirement of every image."""
        pairs = [(image, one) for image, asked in zip(images, requirements, strict=True) for one in asked]
        answers = _at_once(lambda pair: self._chance(*pair), pairs)
        chances, took = (iter([one[part] for one in answers]) for part in (0, 1))
        self.spent = [sum(islice(took, len(asked)), start=Spent()) for asked in requirements]
        return [[next(chances) for _ in asked] for asked in requirements]

    def _chance(self, image: Image.Image, requirement: Requirement) -> tuple[float, Spent]:
        choice, spent = self._server.say(image, ask(requirement.question()), 1, logprobs=True, top_logprobs=_RIVALS)
        content = getattr(choice.logprobs, "content", None)
        if not content:
            raise RunError("the Checker's server gives no logprobs, and P(yes) is read off them")
        try:
            found = yes_and_no(content[0], content[0].top_logprobs)
        except ValueError as problem:
            raise RunError(f"the Checker's server gives {problem}") from None
        total = sum(found.values())
        if total == 0.0:
            raise RunError(f"the Checker's server answers {choice.message.content!r} where yes or no is asked for")
        return found["yes"] / total, spent


class RemoteActor:
    """Writes one edit instruction for a picture that fails its prompt, greedily."""

    def __init__(self, server: Server, new_tokens: int = NEW_TOKENS) -> None:
        self._server, self._new_tokens = server, new_tokens
        self.spent: list[Spent] = []

    def write(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        failed: Sequence[Sequence[Requirement]],
        seeds: Sequence[int],
    ) -> list[str]:
        cases = list(zip(images, prompts, failed, strict=True))
        answers = _at_once(lambda case: self._write(*case), cases)
        self.spent = [spent for _, spent in answers]
        return [text for text, _ in answers]

    def _write(self, image: Image.Image, prompt: str, failed: Sequence[Requirement]) -> tuple[str, Spent]:
        choice, spent = self._server.say(image, ask_repair(prompt, failed), self._new_tokens)
        return (choice.message.content or "").strip(), spent


def _usage(reply: Any) -> Spent:
    """One call, with the tokens that the server counted; None of each where it does not say."""
    usage = getattr(reply, "usage", None)
    return Spent(1, getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None))


def _at_once(call: Callable[[Any], T], items: Sequence[Any]) -> list[T]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(call, items))
