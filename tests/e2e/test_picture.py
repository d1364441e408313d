"""The charts as PNG and SVG, made in a real browser."""

import base64
import re
import struct
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from data import clock
from data.model import Headline
from data.store import Store
from tests.e2e.taking import HOSTILE, fetch, keep_other, keep_sample, open_menu
from tests.e2e.visits import day, keep, open_full
from tests.looks import HOUR, snapshot

SVG = "{http://www.w3.org/2000/svg}"


LINE_COLOURED = """(address) => new Promise((done, failed) => {
  const image = new Image();
  image.onerror = failed;
  image.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    const drawing = canvas.getContext("2d");
    drawing.drawImage(image, 0, 0);
    const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === 31 && data[at + 1] === 86 && data[at + 2] === 208) count += 1;
    }
    done(count);
  };
  image.src = address;
})"""
"""How many points of a picture have exactly the colour of the first line, in the light."""


@pytest.mark.scene(fill=day)
@pytest.mark.parametrize("width", [390, 1440])
def test_png(page: Page, width: int) -> None:
    """2560 points wide from any screen, with lines on it, under a name that says what it is."""
    page.set_viewport_size({"width": width, "height": 800})
    open_menu(page, "/?range=24h")
    before = clock.now()
    path = fetch(page, "take_picture", "PNG")
    days = {f"{at:%Y-%m-%d}" for at in (before, clock.now())}
    assert path.name in {f"masthead-dapp_expert-24h-{day}.png" for day in days}
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", content[16:24])
    assert wide == 2560
    assert 1600 < high < 2400
    address = "data:image/png;base64," + base64.b64encode(content).decode()
    assert page.evaluate(LINE_COLOURED, address) > 2_000
    expect(page.locator("#take-said")).to_have_text(f"Saved as {path.name}")


def picture(page: Page) -> tuple[ElementTree.Element, str]:
    """The SVG of the page as its root and all the words in it."""
    content = fetch(page, "take_picture", "SVG").read_text("utf-8")
    root = ElementTree.fromstring(content)
    return root, " | ".join(
        text for one in root.iter(f"{SVG}text") if (text := "".join(one.itertext()))
    )


def test_svg_explains_itself(page: Page, store: Store) -> None:
    """Title, span, zone, sources with credit, time of making; needs nothing from elsewhere."""
    now = clock.now()
    keep(store, range(30, 20, -1))
    keep(store, range(9, 0, -1))
    store.save(snapshot(now, headlines=[Headline(f"Story {at}") for at in range(3)]), HOUR)
    keep_other(store)
    open_menu(page, "/?source=dapp_expert&source=other&range=7d&tz=local")
    root, words = picture(page)
    assert root.attrib["width"] == "1280"
    assert f"dapp.expert, {HOSTILE}"[:60] in words
    assert f"Source: {HOSTILE} · Data: Other, CC BY 4.0" in words
    assert re.search(r"\d{1,2} \w{3,4} \d{4}, \d\d:\d\d GMT\+9 – \d", words)
    assert re.search(r"Made with Masthead, \d{1,2} \w+ \d{4}, \d\d:\d\d GMT\+9", words)
    for text in ("Dapps", "30d volume", "16.23K", "Headlines | ", "Shaded: nothing was read"):
        assert text in words
    assert "3" in [one.text for one in root.iter(f"{SVG}text")]
    assert "SYNTHETIC" not in words
    names = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert not names & {"script", "a", "image", "foreignObject", "use"}
    values = [value for one in root.iter() for value in one.attrib.values()]
    assert not [value for value in values if "//" in value and "www.w3.org" not in value]


@pytest.mark.scene(fill=keep_sample)
def test_svg_of_the_sample_in_the_dark_and_in_russian(page: Page) -> None:
    """Made-up figures say so in the picture; its colours and words are those on screen."""
    page.emulate_media(color_scheme="dark")
    open_full(page, "/?source=sample&view=compare&scale=log&lang=ru")
    page.locator("#take-menu summary").click()
    root, words = picture(page)
    assert "ДЕМОДАННЫЕ" in words
    assert "Логарифмическая шкала" in words
    ground = next(root.iter(f"{SVG}rect"))
    assert ground.attrib["fill"] == "#121721"


def test_more_headlines_than_are_here(page: Page, store: Store) -> None:
    """Beyond those that the page holds the rail would be empty for no reason: it says so."""
    told = [Headline(f"Story {at}", f"https://dapp.expert/{at}") for at in range(501)]
    store.save(snapshot(clock.now(), headlines=told), HOUR)
    open_menu(page)
    _, words = picture(page)
    assert "99+" in words
    assert "The newest headlines alone are marked" in words


def test_a_search_is_said(page: Page, store: Store) -> None:
    """The rail has the headlines that are found, as on screen, and names the words; any words."""
    told = [Headline(f"Story {at}", f"https://dapp.expert/{at}") for at in range(12)]
    store.save(snapshot(clock.now(), headlines=told), HOUR)
    open_menu(page, "/?q=story%201%07%3Cb%3E")
    root, words = picture(page)
    assert "Headlines with “story 1 <b>” alone" in words
    assert not list(root.iter(f"{SVG}circle"))
    open_menu(page, "/?q=story%201")
    root, _ = picture(page)
    assert "3" in [one.text for one in root.iter(f"{SVG}text")]
