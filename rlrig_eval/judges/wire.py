"""A request as a chat completion, and a body as a reply. What a server says is read, never believed to be whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rlrig_eval.judges.contract import Reply, Request, Trouble, Usage
from rlrig_eval.metrics.first_token import spelling, yes_and_no
from rlrig_eval.plugins.redaction import without

LARGEST = 4 * 2**20
"""Bytes of a reply that are read."""
_SHOWN = 2000
_TOP = 20
_ANSWERED = 0.5
"""What yes and no must have between them, of all first tokens, for a reply that begins otherwise to tell P(yes)."""


@dataclass(frozen=True)
class Dialect:
    """What a server is asked for. `structured`: to keep to the schema; `logprobs`: of the first word's rivals."""

    structured: bool = True
    logprobs: bool = True
    limit: str = "max_tokens"

    def without(self, complaint: str, asked: Mapping[str, Any]) -> Dialect | None:
        """The dialect that leaves out what a server complained of; None when nothing of it can be left out."""
        if "logprobs" in asked and "logprob" in complaint:
            return replace(self, logprobs=False)
        if "max_tokens" in asked and "max_completion_tokens" in complaint:
            return replace(self, limit="max_completion_tokens")
        if "temperature" in complaint:
            return None  # at another temperature it is another judge: that is for the user to say
        if "response_format" in asked:  # servers name it in many ways
            return replace(self, structured=False)
        return replace(self, logprobs=False) if "logprobs" in asked else None


def body_of(request: Request, urls: Sequence[str], sampling: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The body of the call that makes a request, without the model; `urls` are of its pictures, in order."""
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    content = [*pictures, {"type": "text", "text": request.text}]
    one_word = request.form.schema is None
    asked: dict[str, Any] = {
        "messages": [{"role": "user", "content": content}],
        "temperature": sampling["temperature"],
        "seed": sampling["seed"] + request.turn,
        dialect.limit: min(sampling["max_tokens"], 4) if one_word else sampling["max_tokens"],
    }
    if one_word and dialect.logprobs:
        asked |= {"logprobs": True, "top_logprobs": _TOP}
    if not one_word and dialect.structured:
        stated = {"name": "reply", "strict": True, "schema": dict(request.form.schema or {})}
        asked["response_format"] = {"type": "json_schema", "json_schema": stated}
    return asked


class _Part(BaseModel):
    """What is taken from a server's JSON; it may say more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Token(_Part):
    token: str
    logprob: float


class _Place(_Token):
    top_logprobs: list[_Token] | None = None


class _Logprobs(_Part):
    content: list[_Place] | None = None


class _Message(_Part):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Part):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Usage(_Part):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _Completion(_Part):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


async def bounded_body(chunks: AsyncIterator[bytes]) -> bytes | Trouble:
    """A body of at most LARGEST bytes; the rest of a larger one is not read."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LARGEST:
            return Trouble(f"the server's reply is larger than {LARGEST // 2**20} MiB")
    return bytes(body)


def read_body(body: bytes | Trouble, key: str = "") -> Reply | Trouble:
    """What a body says, or what is wrong with it and how it begins; without the `key`, which a server may echo."""
    if isinstance(body, Trouble):
        return body
    try:
        found = _Completion.model_validate_json(body)
    except ValidationError as problem:
        fault = problem.errors(include_input=False)[0]["msg"]
        shown = without(body.decode("utf-8", "replace"), key)[:_SHOWN]
        return Trouble(f"the server's reply is no chat completion ({fault})", shown)
    choice = found.choices[0]
    content = without(choice.message.content or "", key)
    if choice.message.refusal:
        return Trouble("the model refused", without(choice.message.refusal, key)[:_SHOWN])
    if choice.finish_reason == "content_filter":
        return Trouble("the server's filter held the reply back", content[:_SHOWN])
    used = found.usage or _Usage()
    usage = Usage(1, used.prompt_tokens, used.completion_tokens)
    return Reply(content, _p_yes(choice.logprobs), usage)


def _p_yes(logprobs: _Logprobs | None) -> float | None:
    """Share of yes among the likeliest first tokens that spell yes or no (VQAScore); None when that was no answer.

    In the tail of a refusal there is always some yes or no: a reply that neither begins with one, nor was as likely
    to as not, says nothing of P(yes). Nor does one with an impossible logprob: what is left would be the whole.
    """
    if logprobs is None or not logprobs.content:
        return None
    first = logprobs.content[0]
    try:
        chances = yes_and_no(first, first.top_logprobs or [])
    except ValueError:
        return None
    total = sum(chances.values())
    answered = total >= _ANSWERED or (total > 0.0 and spelling(first) in chances)
    return chances["yes"] / total if answered else None
