"""What is hidden of what a user gave, and what is left alone."""

from __future__ import annotations

import pytest

from rlrig_eval.plugins.redaction import (
    HIDDEN,
    alike,
    hidden,
    names_secret,
    redacted,
    redacted_argv,
    redacted_text,
    without,
)


def test_secrets_are_hidden_at_any_depth_and_what_was_not_given_is_none() -> None:
    given = {
        "api_key": "abc",
        "hf_token": None,
        "steps": 4,
        "size": (64, 64),
        "parts": [{"password": "abc", "name": "text"}],
        "url": "https://me:abc@host:8000/draw?seed=1&token=abc#top",
        "more": {"Authorization": "Bearer abc", 5: "five"},
    }
    assert redacted(given) == {
        "api_key": HIDDEN,
        "hf_token": None,
        "steps": 4,
        "size": (64, 64),
        "parts": [{"password": HIDDEN, "name": "text"}],
        "url": f"https://{HIDDEN}@host:8000/draw?seed=1&token={HIDDEN}#top",
        "more": {"Authorization": HIDDEN, 5: "five"},
    }
    assert list(hidden(redacted(given))) == ["api_key", "parts", "url", "more"]
    assert redacted(redacted(given)) == redacted(given)


@pytest.mark.parametrize("text", ["a cat, *** stars", "write to me@host", "https://host/a@b?size=8", "16:9"])
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    assert redacted({"prompt": text}) == {"prompt": text}
    assert list(hidden({"prompt": text})) == []


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ('headers={"Authorization": "Bearer abc", "n": 1}', 'headers={"Authorization": "***", "n": 1}'),
        ('loop={"max_edits":4}', 'loop={"max_edits":4}'),
        ("url=http://host/draw?api_key=abc", "url=http://host/draw?api_key=***"),
        ("base_url=http://me:abc@host/v1", "base_url=http://***@host/v1"),
        ("http://host/suite.yaml", "http://host/suite.yaml"),
    ],
)
def test_a_command_line_is_kept_without_its_secrets(word: str, kept: str) -> None:
    assert redacted_argv(["-G", word]) == ("-G", kept)


def test_an_echoed_key_goes_no_further() -> None:
    assert without("bad token sk-abc!", "sk-abc") == "bad token ***!"
    assert without("bad token", "") == "bad token"


def test_a_number_is_no_secret_whatever_it_is_of() -> None:
    thresholds = {"thresholds": {"keyboard": 0.2, "donkey": 1}, "token": True}
    assert redacted(thresholds) == thresholds


SECRETS = (
    "key api_key apikey APIKEY ApiKey openaiApiKey X-Api-Key api_keys key_value keyvalue api_key2 y.api_key my-key "
    "access_token accessToken hftoken token token_1 password passwd PASSWORD secret client_secret secretKey "
    "authorization Authorization credentials aws_credential"
)
ORDINARY = "keyframes keyword keywords keyboard keypoints tokenizer tokenize tokens max_tokens donkey monkey steps"


@pytest.mark.parametrize("name", SECRETS.split())
def test_a_secret_is_known_by_the_words_of_its_name(name: str) -> None:
    assert redacted({name: "abc"}) == {name: HIDDEN}
    assert redacted_argv(["-M", f"{name}=abc"]) == ("-M", f"{name}=***")
    assert redacted_text(f"http://host/draw?size=8&{name}=abc") == f"http://host/draw?size=8&{name}=***"


@pytest.mark.parametrize("name", ORDINARY.split())
def test_a_word_that_has_key_or_token_in_it_is_no_secret_for_that(name: str) -> None:
    assert not names_secret(name)
    assert redacted({name: "abc"}) == {name: "abc"}
    assert redacted_argv(["-M", f"{name}=abc"]) == ("-M", f"{name}=abc")
    assert redacted_text(f"http://host/draw?{name}=abc") == f"http://host/draw?{name}=abc"


def test_a_default_is_no_secret_and_any_other_value_is() -> None:
    assert redacted({"api_key": "none", "token": "abc"}, {"api_key": "none", "token": ""}) == {
        "api_key": "none",
        "token": HIDDEN,
    }


def test_a_default_that_a_constructor_took_from_the_environment_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-real")
    monkeypatch.setenv("NO_KEY", "")
    given = {"api_key": "sk-real", "token": ""}
    assert redacted(given, given) == {"api_key": HIDDEN, "token": ""}


def test_what_is_hidden_makes_no_difference() -> None:
    assert alike({"a": [HIDDEN, 1]}, {"a": ["none", 1]})
    assert not alike({"a": [HIDDEN, 1]}, {"a": ["none", 2]})
    assert not alike({"a": HIDDEN}, {"b": HIDDEN})
