"""The site of `view --bundle` and what the page got with it, in a browser: loaded as it comes near, clicked through."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from rlrig_eval.report import gallery, site
from rlrig_eval.report.alignment import align, answers
from rlrig_eval.report.confusion import ABSENT, confusion
from rlrig_eval.report.diagram import diagram
from rlrig_eval.report.entry import read_entries
from rlrig_eval.report.folder import read_runs
from rlrig_eval.report.plots import ladder, radar
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs.rescore import rescore
from rlrig_eval.scene import SceneGraph
from tests.report.contestants import BROKEN, HOSTILE, Single, named, run, suite
from tests.report.waiting import until

YES_SAYER = '''
from rlrig_eval.judges import Verdict

class YesSayer:
    """Is content with everything."""

    def verdicts(self, tasks):
        for task in tasks:
            yield Verdict(1.0, answers={one.id: 1.0 for one in task.requirements})
'''


@pytest.fixture(scope="module")
def folder(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of three runs, one of them judged by somebody who says yes to everything; three cards a file."""
    root = tmp_path_factory.mktemp("site")
    (root / "yes.py").write_text(YES_SAYER)
    judged = shutil.copytree(runs[0], root / "one")
    rescore(judged, progress=True, judge=(f"{root / 'yes.py'}:YesSayer", {}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gallery, "CHUNK", 3)
        site([judged, *runs[1:]], root / "site")
    return root / "site"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    """The index, opened from the disk; the test fails if anything is logged, or asked of elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda one: None if one.url.startswith(folder.as_uri()) else complaints.append(one.url[:80]))
    page.goto((folder / "index.html").as_uri())
    yield page
    assert complaints == []
    context.close()


def test_the_index_is_light_and_everything_it_names_is_there(folder: Path) -> None:
    index = (folder / "index.html").read_text()
    assert "data:image" not in index
    assert not re.search(r"https?:|[\"'(]//|@import", index)
    (album,) = re.findall(r'<script type="application/json" id="album">(.*?)</script>', index)
    assert all((folder / path).is_file() for path in json.loads(album))
    assert sorted(path.name for path in (folder / "cards").iterdir()) == ["0.js", "1.js", "2.js"]
    assert HOSTILE not in index + (folder / "cards" / "0.js").read_text()


def test_cards_are_loaded_from_their_files_as_they_come_near(page: Page) -> None:
    last = page.locator(".card").last
    last.scroll_into_view_if_needed()
    expect(last.locator("figure.shot")).to_have_count(3)
    image = last.locator("img.large").first
    image.scroll_into_view_if_needed()
    until(page, "[...document.querySelectorAll('.card:last-of-type img.large')].every((i) => i.complete)")
    assert image.evaluate("(image) => [image.naturalWidth, image.loading]") == [64, "lazy"]
    expect(page.locator("#p-p000 h2")).to_have_text(HOSTILE)


def test_a_tag_with_a_space_can_be_filtered_by(page: Page) -> None:
    page.evaluate("document.querySelector('#p-p001').dataset.tags = JSON.stringify(['relation:left of'])")
    page.evaluate("document.querySelector('select[name=tag]').add(new Option('relation:left of'))")
    page.locator("select[name=tag]").select_option("relation:left of")
    assert _shown(page) == ["p-p001"]


def test_the_judge_filter_leaves_what_the_judge_is_too_content_with(page: Page) -> None:
    outcomes = page.locator(".card").evaluate_all("all => all.map((c) => [c.id, c.dataset.outcomes.split(' ')[0]])")
    page.locator("select[name=outcome]").select_option("judge")
    assert _shown(page) == [card for card, outcome in outcomes if outcome == "wrong"]
    first = page.locator(".card:visible").first
    first.scroll_into_view_if_needed()
    expect(first.locator(".dispute").first).to_contain_text("judge.YesSayer differs on")
    page.locator("select[name=run]").select_option("1")  # the other runs were not judged
    assert _shown(page) == []


def test_the_slider_uncovers_one_picture_and_covers_the_other(page: Page) -> None:
    page.evaluate("cards.find((c) => /^(wrong right|right wrong)/.test(c.dataset.outcomes)).focus()")
    page.keyboard.press("b")
    dialog = page.locator("dialog.ab")
    expect(dialog).to_be_visible()
    dialog.locator("select[name=right]").select_option("2")
    expect(dialog.locator(".said.right-side")).to_contain_text("C loop")
    dialog.locator("select[name=right]").select_option("1")
    expect(dialog.locator(".said.right-side")).to_contain_text("B best-of-n")
    left, right = dialog.locator(".pair .left-side"), dialog.locator(".pair .right-side")
    assert left.get_attribute("src") != right.get_attribute("src")
    dialog.locator("input[type=range]").fill("20")
    assert left.evaluate("(image) => getComputedStyle(image).clipPath") == "inset(0px 80% 0px 0px)"
    before = dialog.locator("h2").inner_text()
    dialog.get_by_role("button", name="next").click()
    expect(dialog.locator("h2")).not_to_have_text(before)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="A/B").click()
    expect(dialog).to_be_visible()


def test_walking_begins_with_the_prompts_on_which_the_two_differ(page: Page) -> None:
    outcomes = dict(page.locator(".card").evaluate_all("all => all.map((c) => [c.id, c.dataset.outcomes.split(' ')])"))
    differing = [card for card, (left, right, _) in outcomes.items() if left != right]
    page.get_by_role("button", name="A/B").click()
    walked = page.evaluate("walk.map((card) => card.id)")
    assert walked[: len(differing)] == differing
    assert sorted(walked) == sorted(outcomes)


def test_scene_graphs_are_drawn_with_what_was_missed(page: Page) -> None:
    card = page.locator(".card[data-outcomes^=wrong]").first
    card.scroll_into_view_if_needed()
    card.locator(".graphs summary").click()
    drawing = card.locator("svg.graph").first
    expect(drawing).to_be_visible()
    assert drawing.locator(".node").count() >= 2
    assert drawing.locator(".missing, .invented").count() >= 1
    assert "missing:" in drawing.get_attribute("aria-label")


def test_dark_and_light_change_places(page: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.locator("h1").click()
    page.keyboard.press("d")
    assert page.evaluate(paper) != light
    page.get_by_role("button", name="Switch between").click()
    assert page.evaluate(paper) == light


def test_costs_stand_in_the_leaderboard_and_are_plotted_against_what_they_buy(page: Page) -> None:
    board = page.locator("section[aria-label=Leaderboard] table").first
    expect(board.locator("thead")).to_contain_text("images")
    pareto = page.locator("figure.plot", has_text="All correct against").first
    expect(pareto).to_be_visible()
    assert pareto.locator("svg circle").count() == 3  # a point a run
    assert "loop" in " ".join(pareto.locator("svg title").all_text_contents())


def test_which_relations_were_read_for_which_is_unfolded(page: Page) -> None:
    tables = page.locator("details.confusion table")
    assert not tables.first.is_visible()
    page.get_by_text("Relations asked and read", exact=True).click()
    assert tables.count() == 3  # a run each
    expect(tables.first).to_be_visible()
    expect(tables.first.locator("thead")).to_contain_text("asked")
    assert tables.first.locator("tbody tr").count() >= 1


def test_a_radar_of_the_relations_and_a_ladder_of_their_number_are_drawn(browser: Browser, tmp_path: Path) -> None:
    tags = [("relation:above", "k=1"), ("relation:left of", "k=2"), ("relation:inside", "k=3")]
    of = suite()
    prompts = [p.model_copy(update={"tags": tags[n // 2 % 3]}) for n, p in enumerate(of.prompts)]
    tagged = type(of).model_validate(of.model_dump() | {"prompts": [p.model_dump() for p in prompts]})
    folder = run(tmp_path / "run", tagged, named("once", Single(error_rate=0.5)))
    page = browser.new_page()
    page.goto(site([folder], tmp_path / "site").as_uri())
    wanted = {
        "All correct by relation": {"above", "left of", "inside"},
        "All correct by the number of relations in the prompt": {"k=1", "k=2", "k=3"},
    }
    for title, labels in wanted.items():
        drawing = page.locator(f"svg[aria-label='{title}']")
        expect(drawing).to_be_visible()
        assert labels <= set(drawing.locator("text.axis").all_text_contents())
        assert drawing.locator("circle").count() == 3
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.locator("#p-p003").scroll_into_view_if_needed()
    expect(page.locator("#p-p003 figure.shot")).to_have_count(3)
    for opener in page.locator("details > summary:visible").all():
        opener.evaluate("(summary) => { summary.parentElement.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="A/B").click()
    assert page.locator("dialog.ab").bounding_box()["width"] <= width


def test_five_thousand_cards_paint_within_a_second_and_a_filter_within_a_fifth(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    """The index with its shells repeated to 5,000; bounds are ten times what a free machine takes."""
    index = (folder / "index.html").read_text()
    start, end = index.index("<article"), index.rindex("</article>") + len("</article>")
    shells = index[start:end].split("</article>")[:-1]
    many = "".join(
        re.sub(r'id="p-[^"]*"', f'id="p-{number}"', shells[number % len(shells)]) + "</article>"
        for number in range(5000)
    )
    big = shutil.copytree(folder, tmp_path / "big")
    (big / "index.html").write_text(index[:start] + many + index[end:])
    page = browser.new_page()
    page.goto((big / "index.html").as_uri())
    painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    until(page, f"{painted} !== undefined")
    assert page.evaluate(painted) < 10_000
    took = page.evaluate(
        "() => { const start = performance.now(); document.querySelector('select[name=outcome]').value = 'wrong';"
        " filter(); return performance.now() - start; }"
    )
    assert took < 2_000
    assert page.locator("figure.shot").count() < 300  # the rest is not loaded
    page.close()


def test_prompts_of_two_suites_with_the_same_names_have_a_card_each(runs: list[Path], tmp_path: Path) -> None:
    other = suite(seeds=(1, 2))
    renamed = type(other).model_validate(
        other.model_dump() | {"prompts": [p.model_dump() | {"text": f"{p.text}, please"} for p in other.prompts]}
    )
    index = site([runs[1], run(tmp_path / "other", renamed, named("twice", Single(error_rate=0.0)))], tmp_path / "site")
    ids = re.findall(r'<article class="card" id="(p-[^"]*)"', index.read_text())
    assert len(ids) == len(set(ids)) == 16
    bodies = [json.loads(path.read_text()[11:-3]) for path in (tmp_path / "site" / "cards").glob("*.js")]
    assert {name for part in bodies for name in part} == set(ids)


GOLD = SceneGraph.from_triples([("red circle", "left of", "blue square"), ("green star", "above", "blue square")])


def test_a_limit_shows_the_first_prompts_and_ranks_over_all(runs: list[Path], tmp_path: Path) -> None:
    index = site(runs, tmp_path, limit=3).read_text()
    assert re.findall(r'<article class="card" id="p-(p\d+)"', index) == ["p000", "p001", "p002"]
    assert "tiny 1.0 test: 8 prompts" in index
    whole, head = read_runs(runs), read_runs(runs, limit=3)
    for one, other in zip(whole, head, strict=True):
        ids = {sample.id for sample in other.run.samples}
        assert dict(other.run.rows) == {id_: row for id_, row in one.run.rows.items() if id_ in ids}
        assert other.run.scores["graph"] == {id_: s for id_, s in one.run.scores["graph"].items() if id_ in ids}


class TestDrawings:
    def test_a_right_picture_is_matched_throughout(self) -> None:
        drawn = diagram(GOLD, GOLD)
        assert {one.state for one in (*drawn.nodes, *drawn.edges)} == {"matched"}
        assert drawn.words == "matched: red circle left of blue square; matched: green star above blue square"

    def test_a_wrong_colour_is_one_missing_and_one_invented(self) -> None:
        read = SceneGraph.from_triples([("yellow circle", "right of", "blue square")])
        drawn = diagram(read, GOLD)
        states = {node.label: node.state for node in drawn.nodes}
        assert states == {
            "red circle": "missing", "yellow circle": "invented", "blue square": "matched", "green star": "missing",
        }  # fmt: skip
        assert [edge.state for edge in drawn.edges] == ["missing", "missing", "invented"]

    def test_words_of_two_relations_of_a_pair_stand_apart(self) -> None:
        for turned in ([("blue square", "far from", "red circle")], [("red circle", "far from", "blue square")]):
            gold = SceneGraph.from_triples([("red circle", "near", "blue square")])
            asked, read = diagram(SceneGraph.from_triples(turned), gold).edges
            assert (asked.state, read.state) == ("missing", "invented")
            assert abs(asked.x - read.x) + abs(asked.y - read.y) >= 12  # the height of a line

    def test_every_label_lies_inside_the_drawing(self) -> None:
        drawn = diagram(SceneGraph(), GOLD)
        assert all(0 < one.x < drawn.width and 0 < one.y < drawn.height for one in (*drawn.nodes, *drawn.edges))

    @pytest.mark.parametrize(
        ("read", "answer"),
        [("left of", "left of"), ("right of", "right of"), ("above", "nothing")],
    )
    def test_what_was_read_instead(self, read: str, answer: str) -> None:
        gold = SceneGraph.from_triples([("circle", "left of", "square")])
        (found,) = answers(align(SceneGraph.from_triples([("circle", read, "square")]), gold))
        assert found == ("left of", answer)
        turned = {"left of": "right of", "right of": "left of", "above": "below"}[read]
        assert list(answers(align(SceneGraph.from_triples([("square", turned, "circle")]), gold))) == [found]

    def test_a_thing_that_is_not_there(self) -> None:
        gold = SceneGraph.from_triples([("circle", "left of", "square")])
        lonely = SceneGraph.from_triples([("circle", "left of", "star")])
        assert list(answers(align(lonely, gold))) == [("left of", None)]

    def test_confusions_add_up_to_the_pairs(self, runs: list[Path]) -> None:
        for one in read_runs(runs):
            for row in confusion(one).records():
                counts = [value or 0 for name, value in row.items() if name not in ("asked", "pairs")]
                assert sum(counts) == row["pairs"] > 0
        titles = {column.title for one in read_runs(runs) for column in confusion(one).columns}
        assert titles & {ABSENT, "left of"}

    def test_plots_show_the_numbers_of_the_tags(self, runs: list[Path]) -> None:
        (entry,) = read_entries(runs[1:2])
        assert radar([entry]) is ladder([entry]) is None  # these runs have no such tags
        from dataclasses import replace

        scores = {"relation:above": 0.5, "relation:below": 1.0, "relation:near": 0.0, "k=1": 0.75, "k=2": 0.25}
        tagged = replace(
            entry,
            by_tag={tag: {"all_correct": Estimate(mean=m, ci95=(m / 2, m), n=9)} for tag, m in scores.items()},
        )
        told = [mark.told for plot in (radar([tagged]), ladder([tagged])) for mark in plot.lines[0].marks]
        assert told[0] == "above: 0.50 [0.25, 0.50], 9 prompts"
        one, two = ladder([tagged]).lines[0].marks
        assert (one.y < two.y, one.low <= one.y <= one.high) == (True, True)  # higher is up
        middle = radar([tagged]).lines[0].marks[2]
        assert (middle.x, middle.y) == (190.0, 140.0)


def _shown(page: Page) -> list[str]:
    return page.locator(".card").evaluate_all("all => all.filter((c) => !c.hidden).map((c) => c.id)")


def test_a_broken_sample_is_shown_in_the_site_too(page: Page) -> None:
    card = page.locator(f"#p-{BROKEN}")
    card.scroll_into_view_if_needed()
    expect(card.locator(".trouble")).to_have_text("error: out of paint")
