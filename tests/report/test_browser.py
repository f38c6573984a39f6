"""The page in a browser: no complaint in its console, and everything on it works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.report.contestants import BROKEN, HOSTILE
from tests.report.waiting import until


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, html: Path) -> Iterator[Page]:
    """The page, opened; the test fails if anything is logged or requested."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url[:80]))
    page.goto(html.as_uri())
    yield page
    wanted = [html.as_uri()]
    pictures = [complaint for complaint in complaints if complaint.startswith("data:image/webp;base64,")]
    assert [complaint for complaint in complaints if complaint not in pictures] == wanted
    context.close()


def test_hostile_text_is_shown_and_does_nothing(page):
    expect(page.locator("#p-p000 h2")).to_have_text(HOSTILE)
    assert page.title() == "tiny 1.0 test · RL-RIG Eval"


def test_cards_are_filled_as_they_come_near(page):
    assert page.locator(".card").count() == 8
    last = page.locator(".card").last
    assert last.locator("figure").count() == 0
    last.scroll_into_view_if_needed()
    expect(last.locator("figure.shot")).to_have_count(3)


def test_every_picture_loads(page):
    _fill(page)
    broken = page.evaluate("[...document.images].filter((i) => !i.complete || i.naturalWidth !== 64).length")
    assert broken == 0
    assert page.locator("img").count() > 8 * 3 - 1


def test_boxes_lie_over_their_picture_and_can_be_put_away(page):
    card = page.locator("#p-p001")
    card.scroll_into_view_if_needed()
    shot = card.locator("figure.shot").nth(1)
    over, picture = shot.locator("svg.over").bounding_box(), shot.locator("img.large").bounding_box()
    assert over == pytest.approx(picture, abs=1)
    assert shot.locator(".frame rect").count() >= 2
    page.get_by_label("Boxes and relations").uncheck()
    expect(shot.locator("svg.over")).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("o")
    expect(shot.locator("svg.over")).to_be_visible()


def test_the_tag_filter_leaves_the_prompts_of_that_tag(page):
    page.locator("select[name=tag]").select_option("counted")
    assert _shown(page) == ["p-p002", "p-p003"]
    expect(page.locator("output")).to_have_text("2 of 8 prompts")


def test_the_search_needs_every_word(page):
    texts = page.locator(".card h2").all_inner_texts()
    word = texts[2].split()[1]
    page.get_by_label("Search").fill(f"{word} p002")
    assert _shown(page) == ["p-p002"]
    page.get_by_label("Search").fill("no such thing")
    expect(page.get_by_text("No prompt fits these filters.")).to_be_visible()


def test_the_outcome_filter_agrees_with_the_outcomes_of_the_runs(page):
    outcomes = {
        card.get_attribute("id"): card.get_attribute("data-outcomes").split() for card in page.locator(".card").all()
    }
    assert {one for each in outcomes.values() for one in each} == {"right", "wrong", "unknown"}
    for run in ("", "0", "1", "2"):
        page.locator("select[name=run]").select_option(run)
        for outcome in ("right", "wrong", "disagree", "unknown"):
            page.locator("select[name=outcome]").select_option(outcome)
            expected = [card for card, each in outcomes.items() if _fits(each, outcome, run)]
            assert _shown(page) == expected, (run, outcome)


def test_the_model_filter_leaves_the_pictures_of_that_model(page):
    _fill(page)
    page.locator("select[name=run]").select_option("2")
    assert page.locator("figure.shot:visible").count() == 8
    assert set(page.locator("figure.shot:visible .key").all_text_contents()) == {"C"}
    assert page.locator(".film:visible").count() == 8


def test_a_film_strip_shows_its_rounds_and_the_chosen_one(page):
    _fill(page)
    film = page.locator(".film[open]").first
    assert film.locator(".step").count() > 1
    expect(film.locator(".step.chosen .pick")).to_have_text("chosen")
    expect(film.locator(".step img").last).to_be_visible()
    expect(film.locator(".step").first).to_contain_text("✗")


def test_a_sample_in_error_says_so(page):
    card = page.locator(f"#p-{BROKEN}")
    card.scroll_into_view_if_needed()
    expect(card.locator(".trouble")).to_have_text("error: out of paint")


def test_arrow_keys_walk_through_the_prompts_that_are_shown(page):
    page.locator("select[name=tag]").select_option("counted")
    page.locator("h1").click()
    for key, wanted in (("ArrowRight", "p-p002"), ("ArrowRight", "p-p003"), ("ArrowLeft", "p-p002")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == wanted
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "text"


def test_pointing_at_a_requirement_singles_out_its_relation(page):
    _fill(page)
    card = page.locator(".card", has=page.locator("tr[data-r='relation:1']")).first
    card.locator("tr[data-r='relation:1']").hover()
    dimmed = card.locator(".link.dim")
    assert {link.get_attribute("data-r") for link in dimmed.all()} == {"relation:0"}
    page.locator("h1").hover()
    expect(dimmed).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_never_wider_than_its_window(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    _fill(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def _fill(page: Page) -> None:
    for card in page.locator(".card").all():
        card.scroll_into_view_if_needed()
    expect(page.locator(".card:has(> template)")).to_have_count(0)
    # A busy browser may have been scrolled past a picture before it began to load it.
    page.evaluate("for (const image of document.images) image.loading = 'eager'")
    until(page, "[...document.images].every((image) => image.complete)")


def _shown(page: Page) -> list[str]:
    return page.locator(".card").evaluate_all("all => all.filter((c) => c.offsetParent).map((c) => c.id)")


def _fits(outcomes: list[str], wanted: str, run: str) -> bool:
    """What the filter is to do, said once more in another language."""
    own = [outcomes[int(run)]] if run else outcomes
    if wanted == "disagree":
        return {"right", "wrong"} <= set(outcomes) and any(one != "unknown" for one in own)
    return all(one == "right" for one in own) if wanted == "right" else wanted in own
