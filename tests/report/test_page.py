"""The page as a file: self-contained, escaped, and true to the runs."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.report import page
from rlrig_eval.report.album import GREY_LEVELS, THUMBNAIL, Album
from rlrig_eval.report.cards import cards
from rlrig_eval.report.entry import read_entries
from rlrig_eval.report.folder import read_runs
from rlrig_eval.report.gallery import lede
from rlrig_eval.report.ranking import rank
from rlrig_eval.report.table import Column, Estimate, Table
from rlrig_eval.shapes import draw, sample
from tests.report.contestants import BROKEN, HOSTILE, SURE, UNREADABLE, suite


class Elements(HTMLParser):
    """Every start tag with its attributes, and all text between tags."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def named(self, tag, **attributes):
        return [a for name, a in self.found if name == tag and attributes.items() <= a.items()]


@pytest.fixture(scope="module")
def elements(html):
    return Elements(html)


@pytest.fixture(scope="module")
def album(html):
    (inline,) = re.findall(r'<script type="application/json" id="album">(.*?)</script>', html.read_text())
    return json.loads(inline)


def test_the_page_needs_nothing_from_outside(html, elements):
    assert not re.search(r"https?:|[\"'(]//|@import|url\((?!#)", html.read_text())
    fetching = ("src", "srcset", "poster", "data", "action", "background")
    assert [(tag, name) for tag, attrs in elements.found for name in fetching if name in attrs] == []
    assert elements.named("link") == []
    assert all(a["href"].startswith("#") for a in elements.named("a"))


def test_the_browser_is_told_to_run_no_script_but_the_pages_own(elements):
    (policy,) = elements.named("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy["content"].startswith("default-src 'none'; img-src data:;")
    assert "unsafe-inline'; script-src 'sha256-" in policy["content"]


def test_every_picture_of_a_card_is_in_the_album_and_can_be_seen(elements, album):
    used = {int(a["data-picture"]) for a in elements.named("img")}
    assert used == set(range(len(album)))
    for uri in album:
        kind, _, content = uri.partition(",")
        assert kind == "data:image/webp;base64"
        assert Image.open(io.BytesIO(base64.b64decode(content))).size == (64, 64)


def test_small_pictures_keep_their_pixels_to_two_grey_levels(runs):
    album = Album()
    for path in sorted((runs[0] / "images").glob("*.png")):
        seen = album.add(path)
        content = base64.b64decode(album.uris[seen.index].partition(",")[2])
        shown, drawn = (np.asarray(Image.open(f).convert("RGB"), int) for f in (io.BytesIO(content), path))
        assert np.abs(shown - drawn).max() <= GREY_LEVELS
        assert seen.pixels


def test_sixty_four_prompts_and_three_runs_stay_under_five_megabytes(html, album, tmp_path):
    """Nine different pictures a prompt is the worst there is (5 + 5, the first in common), noise included."""
    rng = np.random.default_rng(0)
    noisy = Album()
    for number in range(8):
        pixels = np.asarray(draw(sample(rng), seed=number), int) + rng.normal(0, 1.5, (64, 64, 3))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(tmp_path / f"{number}.png")
        noisy.add(tmp_path / f"{number}.png")
    a_card = (html.stat().st_size - sum(map(len, album))) / 8
    assert 64 * (a_card + 9 * np.mean([len(uri) for uri in noisy.uris])) < 5_000_000


def test_a_photo_becomes_a_thumbnail(tmp_path):
    Image.linear_gradient("L").resize((1024, 512)).convert("RGB").save(tmp_path / "photo.png")
    album = Album()
    seen = album.add(tmp_path / "photo.png")
    assert (seen.width, seen.height, seen.pixels) == (THUMBNAIL, THUMBNAIL // 2, False)
    assert len(album.uris[0]) < 20_000


def test_the_same_picture_twice_is_stored_once(runs, tmp_path):
    path = next((runs[0] / "images").glob("*.png"))
    again = shutil.copy(path, tmp_path / "again.png")
    album = Album()
    assert album.add(path) == album.add(again)
    assert len(album.uris) == 1


def test_a_picture_that_is_missing_or_damaged_leaves_a_gap(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    album = Album()
    assert album.add(tmp_path / "none.png") is None
    assert album.add(tmp_path / "bad.png") is None
    assert album.uris == []


def test_a_prompt_cannot_smuggle_in_markup(html, elements):
    assert HOSTILE not in html.read_text()
    assert HOSTILE in elements.text
    assert len(elements.named("script")) == 2  # the album and the page's own
    assert all("onerror" not in attrs for _, attrs in elements.found)


def test_every_prompt_has_a_card_with_its_tags_and_outcomes(elements, runs):
    made = elements.named("article")
    assert [card["id"] for card in made] == [f"p-p{number:03}" for number in range(8)]
    for card, prompt in zip(made, suite().prompts, strict=True):
        assert json.loads(card["data-tags"]) == list(prompt.tags)
    found = cards(read_runs(runs), Album())
    assert [card["data-outcomes"].split() for card in made] == [card.outcomes(3) for card in found]


def test_verdicts_on_the_page_are_those_of_the_scores(runs):
    found = {card.prompt.id: card for card in cards(read_runs(runs), Album())}
    for number, folder in enumerate(runs):
        for line in (folder / "scores" / "graph.jsonl").read_text().splitlines():
            score = json.loads(line)
            (shot,) = [s for s in found[score["id"].split("#")[0]].shots if s.run == number]
            if score["status"] == "ok":
                told = {one["id"]: one["satisfied"] for one in score["evidence"]["requirements"]}
                assert shot.satisfied == told
                assert shot.outcome == ("right" if score["values"]["all_correct"] == 1 else "wrong")
            else:
                assert shot.outcome == "unknown"


def test_a_sample_without_a_score_says_why(runs, elements):
    found = {card.prompt.id: card.shots[0] for card in cards(read_runs(runs), Album())}
    assert found[BROKEN].trouble == "error: out of paint"
    assert found[BROKEN].picture is None
    assert found[UNREADABLE].trouble.startswith("unscored: not a shapes drawing")
    assert found[UNREADABLE].picture is not None
    assert "error: out of paint" in elements.text


def test_a_film_strip_repeats_its_trace(runs):
    found = {card.prompt.id: card for card in cards(read_runs(runs), Album())}
    strips = 0
    for path in sorted((runs[2] / "traces").glob("*.json")):
        trace = json.loads(path.read_text())
        strip = found[path.stem.split("_")[0]].shots[2].strip
        assert [step.reward for step in strip.steps] == [seen["reward"] for seen in trace["rounds"]]
        assert [step.number - 1 for step in strip.steps if step.chosen] == [trace["chosen"]]
        assert all(step.picture is not None for step in strip.steps)
        for step in strip.steps[1:]:
            before = strip.steps[step.number - 2]
            assert step.action == f"edit of {step.number - 1}"
            assert step.instruction == f"make it so that {before.failed[0].statement}"
        assert all(bool(step.failed) == (step.reward < 1) for step in strip.steps)
        strips += len(strip.steps) > 1
    assert strips > 0


def test_what_the_checker_took_for_met_and_is_not_is_called_overlooked(runs, tmp_path):
    loop = shutil.copytree(runs[2], tmp_path / "loop")
    rows = [json.loads(line) for line in (loop / "scores" / "graph.jsonl").read_text().splitlines()]
    for verdict in rows[0]["evidence"]["requirements"]:
        verdict["satisfied"] = verdict["id"] != "relation:0"
    (loop / "scores" / "graph.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (shot,) = cards(read_runs([loop]), Album())[0].shots
    (overlooked,) = shot.strip.overlooked
    assert overlooked.probability == SURE
    assert overlooked.statement == suite().prompts[0].graph.requirements()[-1].statement()


def test_the_first_sentence_tells_the_leader_and_its_lead(runs):
    board = rank(read_entries(runs))
    first = board.records()[0]
    told = lede(board)
    assert told.startswith(f"{first['model']} draws {100 * first['all_correct'].mean:.0f} % of the prompts")
    assert f"{100 * first['difference'].mean:.0f} points more than single" in told


def test_the_first_sentence_turns_a_deficit_and_its_interval_round():
    columns = (
        Column(name="model", title="model"),
        Column(name="all_correct", title="all correct"),
        Column(name="difference", title="Δ all correct to base"),
    )
    row = ("m", Estimate(mean=0.5, ci95=(0.4, 0.6)), Estimate(mean=-0.1, ci95=(-0.3, 0.05)))
    assert lede(Table(title="t", columns=columns, rows=(row,))) == (
        "m draws 50 % of the prompts wholly right (95 % interval 40 to 60): "
        "10 points fewer than base (95 % interval −5 to 30)."
    )
    others = [
        (name, Estimate(mean=mean, ci95=(0.3, 0.7)), None) for name, mean in [("n", 0.5), ("o", 0.49), ("p", 0.5)]
    ]
    told = lede(Table(title="t", columns=columns, rows=(row, *others)))
    assert told.endswith("(95 % interval −5 to 30). n and p draw as many.")
    blank = ("m", Estimate(mean=None, n=0), None)
    assert lede(Table(title="t", columns=columns, rows=(blank,))) == ""


def test_the_page_goes_where_it_is_told(runs, tmp_path):
    assert page(runs[:1], tmp_path) == tmp_path / "report.html"
    assert page(runs[:1], tmp_path / "new" / "mine.html").is_file()
    assert page(runs[:1], tmp_path / "again.html").read_bytes() == (tmp_path / "report.html").read_bytes()


def test_a_damaged_trace_is_named(runs, tmp_path):
    loop = shutil.copytree(runs[2], tmp_path / "loop")
    (loop / "traces" / "p000_0.json").write_text('{"rounds": [')
    with pytest.raises(UnreadableFile, match=r"p000_0\.json: "):
        page([loop], tmp_path)


def test_a_trace_of_somebody_elses_kind_is_shown_without_a_strip(runs, tmp_path):
    loop = shutil.copytree(runs[2], tmp_path / "loop")
    (loop / "traces" / "p000_0.json").write_text('{"thoughts": ["a circle", "a square"]}')
    made = cards(read_runs([loop]), Album())
    strips = {card.prompt.id: card.shots[0].strip for card in made}
    assert [id_ for id_, found in strips.items() if found is None] == ["p000"]
