"""A reward over HTTP: what is sent, and that a server that is down, slow or wrong is said, never a silent zero."""

import base64
import io
import math
import socketserver
import threading
import time

import pytest
import stamina
from PIL import Image
from werkzeug import Response

from rlrig.grpo.reward_server import RewardServer
from rlrig_eval.errors import RunError, UsageError
from tests.rlrig.grpo.made import COUNT, PROMPT, outcome

OUTCOMES = [outcome([1.0] * COUNT), outcome([0.0] * COUNT, colour="red")]


@pytest.fixture(autouse=True)
def _no_waiting():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def asking(server, **options):
    return RewardServer(server.url_for("/reward"), **{"timeout": 5, **options})


def test_pictures_and_words_go_out_and_numbers_come_back(httpserver):
    httpserver.expect_request("/reward").respond_with_json({"rewards": [0.25, 1]})
    assert asking(httpserver)(OUTCOMES) == [0.25, 1.0]
    (request, _), *_ = httpserver.log
    sent = request.json["outcomes"][1]
    assert sent["prompt"] == PROMPT
    with Image.open(io.BytesIO(base64.b64decode(sent["after"]))) as picture:
        assert picture.getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("body", ['{"rewards": [null, 1]}', '{"rewards": [NaN, 1]}'])
def test_a_reward_it_does_not_have_is_missing_not_zero(httpserver, body):
    httpserver.expect_request("/reward").respond_with_data(body)
    found = asking(httpserver)(OUTCOMES)
    assert math.isnan(found[0])
    assert found[1] == 1


def test_a_busy_server_is_asked_again_a_bounded_number_of_times(httpserver):
    httpserver.expect_request("/reward").respond_with_data("", status=503)
    with pytest.raises(RunError, match="answered 503, 3 times"):
        asking(httpserver)(OUTCOMES)
    assert len(httpserver.log) == 3


def test_a_server_that_recovers_is_no_trouble(httpserver):
    httpserver.expect_ordered_request("/reward").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/reward").respond_with_json({"rewards": [0, 1]})
    assert asking(httpserver)(OUTCOMES) == [0, 1]


def test_a_slow_server_is_given_up(httpserver):
    given_up = threading.Event()

    def slow(_):
        given_up.wait(10)
        return Response("{}")

    httpserver.expect_request("/reward").respond_with_handler(slow)
    with pytest.raises(RunError, match=r"no answer within 0\.1 s"):
        asking(httpserver, timeout=0.1, attempts=1)(OUTCOMES)
    given_up.set()
    while not httpserver.log:  # its late answer would be counted in the next test
        time.sleep(0.01)


def test_a_server_that_sends_its_answer_by_and_by_is_given_up_too(httpserver):
    """Each piece comes in time, and there is no end of them."""
    left = threading.Event()

    def pieces():
        while not left.wait(0.05):
            yield b" "

    httpserver.expect_request("/reward").respond_with_handler(lambda _: Response(pieces()))
    began = time.monotonic()
    with pytest.raises(RunError, match=r"no answer within 0\.3 s"):
        asking(httpserver, timeout=0.3, attempts=1)(OUTCOMES)
    assert time.monotonic() - began < 5
    left.set()


def test_a_server_that_is_down_is_named():
    with pytest.raises(RunError, match=r"http://127\.0\.0\.1:9/.*cannot be reached"):
        RewardServer("http://127.0.0.1:9/", attempts=2)(OUTCOMES)


@pytest.mark.parametrize(
    "body",
    [
        *("[]", "oops", '{"reward": [1, 2]}', '{"rewards": [1]}', '{"rewards": ["high", 1]}', '{"rewards": 3}'),
        *('{"rewards": "10"}', '{"rewards": ["1", 0]}', '{"rewards": [true, 0]}'),
        *('{"rewards": [Infinity, 0]}', '{"rewards": [1e39, 0]}', "[" * 100_000),
    ],
)
def test_a_wrong_answer_is_an_error_at_once(httpserver, body):
    httpserver.expect_request("/reward").respond_with_data(body)
    with pytest.raises(RunError, match="reward server"):
        asking(httpserver)(OUTCOMES)
    assert len(httpserver.log) == 1


def test_what_is_not_http_is_named():
    with socketserver.TCPServer(("127.0.0.1", 0), Babbler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(RunError, match="not HTTP"):
            RewardServer(f"http://127.0.0.1:{server.server_address[1]}/", timeout=5)(OUTCOMES)
        server.shutdown()


class Babbler(socketserver.StreamRequestHandler):
    """Reads the request to its end and answers in no known protocol."""

    def handle(self):
        length = 0
        while (line := self.rfile.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        self.rfile.read(length)
        self.wfile.write(b"hello\r\n")


def test_a_refusal_is_an_error_at_once(httpserver):
    httpserver.expect_request("/reward").respond_with_data("", status=404)
    with pytest.raises(RunError, match="answered 404"):
        asking(httpserver)(OUTCOMES)
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("file:///etc/passwd", "must be http:// or https://"),
        ("http:///reward", "and a host"),
        ("http://here:port/", "Port"),
        ("http://here:70000/", "Port"),
        ("http://[::1/", "IPv6"),
        ("http://a..b/", "label"),
        ("http://here/my reward", "%XX"),
        ("http://here/b\u00e9ret", "%XX"),
    ],
)
def test_an_address_that_nobody_can_be_asked_at_is_told_before_anybody_is(url, problem):
    with pytest.raises(UsageError, match=problem):
        RewardServer(url)


def test_a_password_in_an_address_is_refused_and_not_repeated():
    """urllib would look for a host of that name, and the error would show it."""
    with pytest.raises(UsageError, match="reward server: no user or password in url") as caught:
        RewardServer("http://me:secret@here/reward")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/reward?model=a", "https://here", "http://[::1]:80/"])
def test_an_address_that_can_be_asked_is_taken(url):
    assert RewardServer(url).url == url
