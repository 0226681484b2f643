"""The page in a real browser: a scripted visit, and texts that try to become markup."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tagraph import write_report
from tagraph.data import ASSISTANT, HUMAN, Sample, Turn
from tagraph.steps.records import SetAside
from tests.faults.shown import show
from tests.report.payloads import PAYLOADS
from tests.report.stores import make_store, plain_samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MISSING = (
    "these tests need Chromium: `.ci/run` installs it, or `apt-get install chromium`, or name a"
    " browser of that family in TAGRAPH_CHROMIUM"
)


@dataclass
class Visit:
    """A page that was opened, and everything that it did besides standing there."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def refuse(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def is_quiet(self) -> bool:
        return not (self.said or self.asked or self.dialogs)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("TAGRAPH_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
    if not found and os.environ.get("TAGRAPH_BROWSER") == "required":
        pytest.fail(MISSING)
    if not found:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield opened
        opened.close()


def open_page(browser: Browser, path: Path, **settings: object) -> Visit:
    page = browser.new_context(**settings).new_page()  # type: ignore[arg-type]
    visit = Visit(page)
    address = path.as_uri()
    page.on("console", lambda message: visit.said.append(message.text))
    page.on("pageerror", lambda error: visit.said.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url == address else visit.asked.append(request.url),
    )
    page.on("dialog", visit.refuse)
    page.goto(address)
    page.wait_for_selector("html[data-ready=yes]", timeout=10_000)
    return visit


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    with make_store(plain_samples()) as store:
        write_report(store, path)
    return path


def test_a_visit_finds_a_tag_a_community_a_rival_and_a_row(browser: Browser, report: Path) -> None:
    visit = open_page(browser, report)
    page = visit.page

    page.get_by_label("Search").fill("telesc")
    page.locator("#tag-found button", has_text="telescope").click()
    detail = page.locator("#tag-detail")
    assert detail.locator("h3").inner_text() == "telescope"
    assert "Neighbours" in detail.inner_text()
    detail.locator("details.fold > summary").first.click()
    detail.locator("article").first.wait_for()
    assert "stars" in detail.locator("article").first.inner_text()
    assert page.locator("#graph canvas").count() > 0

    first = page.locator("#communities button.community").first
    name = first.inner_text()
    first.click()
    assert detail.locator("h3").inner_text() == name

    pair = page.locator("#selection .rivals details").first
    pair.locator("summary").first.click()
    pair.locator("article").nth(1).wait_for()
    assert pair.locator("article").count() == 2
    assert "nearest rival" in pair.inner_text()

    page.locator("#selection .bar input").fill("tides")
    assert page.locator("#selection .rivals > li").count() < 9
    page.locator("#strengths th button", has_text="samples").click()
    assert page.locator("#strengths th[aria-sort=descending]").count() == 1
    assert visit.is_quiet, visit


def test_a_table_can_be_filtered(browser: Browser, tmp_path: Path) -> None:
    aside = [SetAside("a.jsonl", line, "output", f"reason {line}", "{}") for line in range(40)]
    with make_store(plain_samples(3), until="tag", set_aside=aside) as store:
        write_report(store, tmp_path / "r.html")
    visit = open_page(browser, tmp_path / "r.html")
    place = visit.page.locator("#funnel .table", has=visit.page.get_by_label("Filter records"))

    place.get_by_role("searchbox").fill("reason 17")

    assert place.locator("tbody tr").count() == 1
    assert place.get_by_role("status").inner_text().startswith("1 of 1 row")
    assert visit.is_quiet, visit


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(browser: Browser, report: Path, scheme: str) -> None:
    small = {"width": 360, "height": 740}
    visit = open_page(browser, report, viewport=small, color_scheme=scheme)

    widths = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")

    assert widths == [360, 360]
    assert visit.is_quiet, visit


def test_no_label_of_an_axis_is_cut_off_or_stands_there_twice(
    browser: Browser, report: Path
) -> None:
    page = open_page(browser, report).page

    labels = page.evaluate(
        "['#coverage', '#cut'].map(id => [...document.querySelectorAll(`${id} svg`)].map(svg =>"
        " [...svg.querySelectorAll('text[text-anchor=middle], text[text-anchor=end]')].map(t =>"
        " [t.textContent, t.getBoundingClientRect().right - svg.getBoundingClientRect().right,"
        "  svg.getBoundingClientRect().left - t.getBoundingClientRect().left])))"
    )

    (coverage,), (cut,) = labels
    assert max(max(beyond) for _, *beyond in coverage) <= 1
    assert len({text for text, *_ in cut}) == len(cut) > 1


def test_the_head_says_how_good_how_long_how_wide_and_at_what_price(
    browser: Browser, report: Path
) -> None:
    page = open_page(browser, report, viewport={"width": 360, "height": 740}).page

    gist = page.locator("#gist").inner_text()
    for words in (
        "verdicts of the judge",
        "characters in the mean",
        "It covers",
        "no paid answers",
    ):
        assert words in gist
    audit = page.locator("#coverage table").first.inner_text()
    for words in ("near-duplicates", "20 draws", "longest"):
        assert words in audit
    marks = page.locator("#strengths figure").first.locator("text[text-anchor=middle]")
    assert marks.count() > 1


def test_every_control_has_a_name_and_every_table_a_caption(browser: Browser, report: Path) -> None:
    page = open_page(browser, report).page

    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, select')]"
        ".filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.length))"
        ".map(e => e.outerHTML)"
    )
    bare = page.evaluate(
        "[...document.querySelectorAll('table')].filter(t => !t.caption"
        " || [...t.querySelectorAll('th')].some(h => h.scope !== 'col')).length"
    )

    assert nameless == []
    assert bare == 0
    headings = page.evaluate("[...document.querySelectorAll('h1, h2')].map(h => h.tagName)")
    assert headings.count("H1") == 1
    assert headings[0] == "H1"


def hostile_samples() -> list[Sample]:
    """Return samples whose texts, tags and ids are payloads; topics so that clusters form."""
    return [
        Sample(
            f"{number:03d}{payload[:40]}",
            (Turn(HUMAN, payload), Turn(ASSISTANT, payload * (1 + number % 4))),
            (payload, PAYLOADS[number % 7], PAYLOADS[(number + 1) % 7], f"plain {number % 5}"),
            row=number,
        )
        for number, payload in enumerate(PAYLOADS)
    ]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    aside = [SetAside(p, i, p, p, p) for i, p in enumerate(PAYLOADS)]
    with make_store(hostile_samples(), set_aside=aside, source=PAYLOADS[1], k=40) as store:
        write_report(store, path)
    return path


def test_no_text_becomes_an_element_a_dialog_or_a_request(browser: Browser, hostile: Path) -> None:
    assert len(set(PAYLOADS)) == 150
    visit = open_page(browser, hostile)
    page = visit.page

    page.get_by_role("button", name="Show more").first.click()
    for place in page.locator("#tag-found button").all()[:15]:
        place.click()
    for place in page.locator("#communities button.community").all()[:4]:
        place.click()
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.wait_for_function("document.querySelectorAll('.pair article').length > 30")

    foreign = page.evaluate(
        "[...document.querySelectorAll('img, iframe, object, embed, link, base, form, video, audio,"
        ' math, animate, body script[src], textarea, a[href^="java"]\')].map(e => e.outerHTML)'
    )
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e =>"
        " e.getAttributeNames().some(n => n.startsWith('on'))).length"
    )
    assert page.locator("script").count() == 3
    assert page.evaluate("window.hacked") is None
    assert "alert(1)" in page.locator("#selection").inner_text()
    assert visit.is_quiet, visit
    assert (foreign, handlers) == ([], 0)
    told = f"{len(foreign)} foreign elements, {handlers} handlers, {len(visit.dialogs)} dialogs"
    show("D16 browser", f"{len(PAYLOADS)} payloads: {told}, {len(visit.asked)} requests")


def test_a_script_that_got_in_would_not_run(
    browser: Browser, hostile: Path, tmp_path: Path
) -> None:
    """The policy of the page holds even where the escaping does not."""
    path = tmp_path / "forged.html"
    page = hostile.read_text().replace("</main>", "<script>window.hacked=1</script></main>", 1)
    path.write_text(page.replace("</main>", "<img src='http://127.0.0.1:9/i.png'></main>", 1))

    visit = open_page(browser, path)

    assert visit.page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in line for line in visit.said)
