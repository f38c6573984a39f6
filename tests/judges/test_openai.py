"""The openai back end against a real HTTP server in every mood: no zero, no lost picture, no wait without end."""

from __future__ import annotations

import base64
import io
import math
import time
from collections.abc import Callable, Iterator

import pytest
import stamina
from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug import Response

from rlrig_eval import judges
from rlrig_eval.errors import UsageError
from rlrig_eval.judges import Budget, Reply, Task, Unscored, Verdict
from rlrig_eval.judges.forms import WordForm
from rlrig_eval.judges.openai import ADDRESS
from rlrig_eval.judges.pictures import shrunk_url
from rlrig_eval.judges.wire import read_body
from tests.judges import server as s
from tests.judges.faults import GOOD, LASTING, PASSING, slow
from tests.judges.replies import task

QUESTIONS = len(task().requirements)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", s.KEY)
    monkeypatch.delenv(ADDRESS, raising=False)


def tasks(count: int) -> list[Task]:
    """Pictures that differ, so that none is answered for another."""
    return [task(Image.new("RGB", (8, 8), (number % 256, number // 256, 0))) for number in range(count)]


def judged(httpserver: HTTPServer, answer: s.Answer, count: int = 3, **options) -> list[Verdict | Unscored]:
    s.serve(httpserver, answer)
    judge = judges.build(s.spec(httpserver, **options))
    return list(judge.verdicts(tasks(count)))


def once(first: Callable[[], Response]) -> s.Answer:
    """One bad reply, then good ones."""
    bad: Iterator[Response] = iter([first()])
    return lambda asked: next(bad, None) or s.all_yes(asked)


def test_a_good_reply_is_a_verdict_with_its_tokens(httpserver: HTTPServer) -> None:
    (found,) = judged(httpserver, s.all_yes, 1, input_price="1", output_price="2")
    assert (found.score, found.usage.calls, found.usage.prompt_tokens) == (1.0, 1, 100)
    assert found.usage.usd == pytest.approx(120e-6)


@pytest.mark.parametrize("bad", PASSING.values(), ids=PASSING.keys())
def test_what_passes_is_tried_again(httpserver: HTTPServer, bad: Callable[[], Response]) -> None:
    assert [found.score for found in judged(httpserver, once(bad))] == [1.0] * 3


@pytest.mark.parametrize(("bad", "reason"), LASTING.values(), ids=LASTING.keys())
def test_what_lasts_leaves_pictures_unscored_with_a_reason(
    httpserver: HTTPServer, bad: Callable[[], Response], reason: str
) -> None:
    with stamina.set_testing(True, attempts=2):
        found = judged(httpserver, lambda asked: bad())
    assert [type(one) for one in found] == [Unscored] * 3
    assert reason in found[0].reason


def test_one_bad_reply_costs_one_picture(httpserver: HTTPServer) -> None:
    found = judged(httpserver, once(lambda: s.completion("Yes!")))
    assert sorted(type(one).__name__ for one in found) == ["Unscored", "Verdict", "Verdict"]


def test_a_slow_server_is_not_waited_for(httpserver: HTTPServer) -> None:
    began = time.monotonic()
    with stamina.set_testing(True, attempts=1):
        (found,) = judged(httpserver, lambda asked: slow(), 1, timeout="0.3")
    assert "in time" in found.reason
    assert time.monotonic() - began < 2.5


def test_a_dead_server_is_given_up_for_all(unused_tcp_port: int) -> None:
    options = {"model": "vlm", "base_url": f"http://127.0.0.1:{unused_tcp_port}/v1", "cache": "off", "patience": "0.2"}
    judge = judges.build(judges.resolve("openai", options | {"concurrency": "4"}))
    began = time.monotonic()
    found = list(judge.verdicts(tasks(500)))
    assert {type(one) for one in found} == {Unscored}
    assert "given up" in found[-1].reason
    assert time.monotonic() - began < 30  # each picture alone would take its four attempts: many minutes


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_that_will_not_change_is_asked_for_once(httpserver: HTTPServer, status: int) -> None:
    asked = s.serve(httpserver, lambda _: Response('{"error": {"message": "bad key ' + s.KEY + '"}}', status))
    found = list(judges.build(s.spec(httpserver, concurrency="1")).verdicts(tasks(9)))
    assert len(asked) == 1
    assert {one.reason.count("***") for one in found} == {1}


def test_the_key_is_sent_and_goes_no_further(httpserver: HTTPServer) -> None:
    found = judged(httpserver, lambda asked: s.completion(f"your key is {s.KEY}"))
    assert all(s.KEY not in f"{one.reason}{one.raw}" for one in found)
    assert httpserver.log[0][0].headers["Authorization"] == f"Bearer {s.KEY}"
    assert s.KEY not in s.spec(httpserver).model_dump_json()


def test_a_server_without_structured_output_is_asked_in_words_from_then_on(httpserver: HTTPServer) -> None:
    def plain(asked):
        if "response_format" in asked:
            return Response('{"error": {"message": "extra field"}}', 400)
        return s.completion(f"Here you are:\n```json\n{GOOD}\n```")

    asked = s.serve(httpserver, plain)
    found = list(judges.build(s.spec(httpserver, concurrency="1")).verdicts(tasks(4)))
    assert [one.score for one in found] == [1.0] * 4
    assert ["response_format" in one for one in asked] == [True] + [False] * 4


def test_a_picture_that_is_refused_in_any_words_leaves_the_others_their_structured_output(httpserver) -> None:
    def picky(asked):
        picture = asked["messages"][0]["content"][0]["image_url"]["url"]
        return Response('{"error": {"message": "bad picture"}}', 400) if picture == first else s.all_yes(asked)

    first = shrunk_url(tasks(1)[0].image(), 768)
    asked = s.serve(httpserver, picky)
    found = list(judges.build(s.spec(httpserver, concurrency="1")).verdicts(tasks(3)))
    assert [type(one).__name__ for one in found] == ["Unscored", "Verdict", "Verdict"]
    assert ["response_format" in one for one in asked] == [True, False, True, True]


def test_a_model_of_one_temperature_is_not_asked_at_another_without_being_told(httpserver: HTTPServer) -> None:
    complaint = (
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported."
    )

    def thinker(asked):
        if "max_tokens" in asked:
            return Response('{"error": {"message": "Use \'max_completion_tokens\' instead of \'max_tokens\'."}}', 400)
        if asked["temperature"] != 1:
            return Response(f'{{"error": {{"message": "{complaint}"}}}}', 400)
        return s.all_yes(asked)

    asked = s.serve(httpserver, thinker)
    (found,) = judges.build(s.spec(httpserver)).verdicts(tasks(1))
    assert "Only the default (1) value" in found.reason
    assert ["response_format" in one for one in asked] == [True, True]  # and not for want of a schema
    (found,) = judges.build(s.spec(httpserver, temperature="1")).verdicts(tasks(1))
    assert found.score == 1.0


def rivals(top: list[tuple[str, float]]) -> dict:
    """The logprobs of a reply that begins with the first of these tokens."""
    told = [{"token": token, "logprob": p} for token, p in top]
    return {"content": [{**told[0], "top_logprobs": told}]}


REFUSAL = [("I", -0.01), ("The", -5.0), ("Sorry", -5.5), ("No", -9.0)]


@pytest.mark.parametrize(
    ("top", "p_yes"),
    [
        (REFUSAL, None),
        ([("It", math.log(0.51)), ("Yes", math.log(0.3)), ("No", math.log(0.19))], None),
        ([("It", math.log(0.4)), ("Yes", math.log(0.3)), ("No", math.log(0.3))], 0.5),
        ([("No", math.log(0.3)), ("It", math.log(0.25)), ("yes", math.log(0.1))], 0.25),
        ([("It", -0.1)], None),
    ],
    ids=["a refusal", "hardly half", "as likely as not", "the first token is one", "neither"],
)
def test_p_yes_is_told_where_yes_or_no_was_an_answer(top: list[tuple[str, float]], p_yes: float | None) -> None:
    found = read_body(s.completion("I", logprobs=rivals(top)).get_data())
    assert isinstance(found, Reply)
    assert found.p_yes == (None if p_yes is None else pytest.approx(p_yes))


@pytest.mark.parametrize("impossible", [5.0, math.nan, math.inf])
@pytest.mark.parametrize(("word", "p"), [("yes", 1.0), ("no", 0.0)])
def test_of_a_reply_with_an_impossible_logprob_the_word_counts(impossible: float, word: str, p: float) -> None:
    top = [(word, impossible), ("no" if word == "yes" else "yes", -3.0)]
    found = read_body(s.completion(word, logprobs=rivals(top)).get_data())
    assert isinstance(found, Reply)
    assert WordForm().read(found) == (p, False)


def test_p_yes_knows_the_word_that_was_said_though_its_rivals_leave_it_out_or_round_it_up() -> None:
    rival = {"token": "no", "logprob": math.log(0.2)}
    unlisted = {"content": [{"token": "yes", "logprob": math.log(0.6), "top_logprobs": [rival]}]}
    for logprobs, p in ((unlisted, 0.75), (rivals([("yes", 1e-6), ("no", -20.0)]), 1.0)):
        found = read_body(s.completion("yes", logprobs=logprobs).get_data())
        assert isinstance(found, Reply)
        assert found.p_yes == pytest.approx(p)


@pytest.mark.parametrize("rubric", ["p-yes", "vqascore"])
def test_a_refusal_leaves_a_picture_unscored_though_no_is_among_its_rivals(httpserver: HTTPServer, rubric: str) -> None:
    (found,) = judged(
        httpserver, lambda asked: s.completion("I'm sorry, I", logprobs=rivals(REFUSAL)), 1, rubric=rubric
    )
    assert isinstance(found, Unscored)
    assert found.raw[0] == "I'm sorry, I"


def test_p_yes_comes_from_the_first_token(httpserver: HTTPServer) -> None:
    top = [("Yes", -0.5), (" no", -1.5), ("maybe", -2.0), ("yes", -3.0)]
    (found,) = judged(httpserver, lambda asked: s.completion("Yes", logprobs=rivals(top)), 1, rubric="p-yes")
    yes, no = 2.718281828**-0.5 + 2.718281828**-3.0, 2.718281828**-1.5
    assert list(found.answers.values()) == pytest.approx([yes / (yes + no)] * QUESTIONS, abs=1e-6)


@pytest.mark.parametrize("refusal", ['{"error": {"message": "logprobs"}}', '{"detail": "no logprobs"}', "logprobs?"])
def test_without_logprobs_the_word_counts(httpserver: HTTPServer, refusal: str) -> None:
    def no_logprobs(asked):
        return Response(refusal, 400) if "logprobs" in asked else s.completion("No")

    (found,) = judged(httpserver, no_logprobs, 1, rubric="p-yes")
    assert set(found.answers.values()) == {0.0}


def test_a_large_picture_is_shrunk(httpserver: HTTPServer) -> None:
    asked = s.serve(httpserver, s.all_yes)
    big = task(Image.new("RGB", (1000, 500)))
    list(judges.build(s.spec(httpserver, max_side="100")).verdicts([big]))
    url = asked[0]["messages"][0]["content"][0]["image_url"]["url"]
    assert Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).size == (100, 50)


def test_money_runs_out_cleanly(httpserver: HTTPServer) -> None:
    s.serve(httpserver, s.all_yes)
    spec = s.spec(httpserver, input_price="1", output_price="1", concurrency="2")  # 110 millionths a call
    budget = Budget(max_cost=5.5 * 110e-6)
    found = list(judges.build(spec, budget).verdicts(tasks(40)))
    scored = [one for one in found if isinstance(one, Verdict)]
    assert len(found) == 40
    assert 1 <= len(scored) < 40
    assert budget.spent.usd == pytest.approx(len(scored) * 110e-6)
    assert "USD is spent" in found[-1].reason


UNCOUNTED = [None, {}, {"prompt_tokens": 0, "completion_tokens": 0}, {"prompt_tokens": 100}]


@pytest.mark.parametrize("usage", UNCOUNTED)
def test_a_limit_on_money_holds_though_the_server_does_not_say_what_a_call_took(httpserver, usage: dict | None) -> None:
    asked = s.serve(httpserver, lambda _: s.completion(GOOD, usage=usage))
    spec, budget = s.spec(httpserver, input_price="1", output_price="1"), Budget(max_cost=5.0)
    found = list(judges.build(spec, budget).verdicts(tasks(40)))
    assert len(asked) == 1
    assert all(isinstance(one, Unscored) and "does not say what a call took" in one.reason for one in found)
    assert found[0].raw == (GOOD,)


@pytest.mark.parametrize(("price", "usd"), [("1", None), ("0", 0.0)])
def test_calls_of_which_nobody_says_what_they_took_are_not_free_unless_a_token_is(httpserver, price, usd) -> None:
    s.serve(httpserver, lambda _: s.completion(GOOD, usage=None))
    spec = s.spec(httpserver, input_price=price, output_price=price)
    (found,) = judges.build(spec, Budget(max_calls=9)).verdicts(tasks(1))
    assert (found.score, found.usage.usd) == (1.0, usd)


def test_a_server_of_ones_own_needs_not_say_what_a_free_call_took(httpserver: HTTPServer) -> None:
    s.serve(httpserver, lambda _: s.completion(GOOD, usage=None))
    spec = s.spec(httpserver, input_price="0", output_price="0")
    assert [one.score for one in judges.build(spec, Budget(max_cost=1.0)).verdicts(tasks(3))] == [1.0] * 3


def test_a_limit_on_money_needs_a_price(httpserver: HTTPServer) -> None:
    with pytest.raises(UsageError, match="--max-cost needs a price"):
        judges.require_price(s.spec(httpserver))
    judges.require_price(s.spec(httpserver, input_price="0", output_price="0"))


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://host/v1", "localhost:8000", "http://", "http://u:p@host/v1"]
)
def test_only_web_addresses_without_a_password(url: str) -> None:
    with pytest.raises(UsageError, match="base_url"):
        judges.resolve("openai", {"model": "m", "base_url": url})


@pytest.mark.parametrize("option", ["api_key", "key", "token"])
def test_a_key_is_no_option(option: str) -> None:
    with pytest.raises(UsageError, match="unknown option"):
        judges.resolve("openai", {"model": "m", option: "sk-1"})


def test_without_a_key_the_hosted_service_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
        judges.build(judges.resolve("openai", {"model": "m", "cache": "off"}))


def test_where_the_server_is_does_not_decide_but_the_model_does(httpserver: HTTPServer) -> None:
    here = s.spec(httpserver)
    there = judges.resolve("openai", {"model": "org/vlm", "base_url": "http://elsewhere/v1", "concurrency": "2"})
    other = s.spec(httpserver, model="org/other")
    assert (here.slug, other.slug) == ("vlm", "other")
    assert here.identity() == there.identity()
    assert here.identity() != s.spec(httpserver, temperature="1").identity()
