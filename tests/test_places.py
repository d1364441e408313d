"""Places in the list of headlines: every page goes on where the one before ended."""

import pytest

from data.errors import UsageError
from data.model import Headline, SeenHeadline
from data.places import Place, place_named, place_of
from data.store import Store
from tests.conftest import HOUR, T0

LONG = "https://dapp.expert/news/" + "a" * 5000


def seen(number: int, at: int, *, lead: bool = False, exact: bool = False) -> SeenHeadline:
    """A story that stands ``at`` hours before T0: first seen, or published exactly, then."""
    when = T0 - at * HOUR
    told = when if exact else None
    url = f"{LONG}{number}" if number % 3 else None
    story = Headline(f"Story {number}", url, None, None, told, told, lead)
    first = when if not exact else T0
    return SeenHeadline(story, "dapp_expert", first, T0)


def titles(found: list[SeenHeadline]) -> list[str]:
    """The stories by title."""
    return [one.headline.title for one in found]


@pytest.fixture
def full(store: Store) -> Store:
    """Twenty stories, of which up to five stand at one moment, as leads and not."""
    stories = [seen(n, n // 5, lead=n % 2 == 0, exact=n % 4 == 0) for n in range(20)]
    store.add_headlines(stories, {"dapp_expert": HOUR})
    return store


def pages(store: Store, size: int) -> list[str]:
    """All titles, page by page; after each page another story comes in on top."""
    found: list[str] = []
    after: Place | None = None
    while page := store.headlines("dapp_expert", None, T0, size, after):
        assert len(page) <= size
        found += titles(page)
        after = place_named(str(place_of(page[-1])))
        new = SeenHeadline(Headline(f"New {len(found)}"), "dapp_expert", T0, T0)
        store.add_headlines([new], {"dapp_expert": HOUR})
    return found


@pytest.mark.parametrize("size", [1, 3, 7, 19, 20, 21])
def test_pages_are_the_list(full: Store, size: int) -> None:
    """However large the pages are and whatever comes meanwhile: each story once, in order."""
    whole = titles(full.headlines("dapp_expert", None, T0, 100))
    assert len(whole) == 20
    found = [title for title in pages(full, size) if title.startswith("Story")]
    assert found == whole


def test_what_comes_before_is_not_in_a_later_page(full: Store) -> None:
    """A story that comes in on top of the first page moves nothing in the second."""
    first = full.headlines("dapp_expert", None, T0, 6)
    after = place_of(first[-1])
    second = titles(full.headlines("dapp_expert", None, T0, 6, after))
    newer = SeenHeadline(Headline("Newer", lead=True), "dapp_expert", T0 + HOUR, T0 + HOUR)
    full.add_headlines([newer], {"dapp_expert": HOUR})
    assert titles(full.headlines("dapp_expert", None, None, 1)) == ["Newer"]
    assert titles(full.headlines("dapp_expert", None, T0, 6, after)) == second


def test_a_place_that_moved(full: Store) -> None:
    """Where nothing stands any more, nobody can go on: it is said, no page is guessed."""
    place = place_of(seen(99, 1))
    with pytest.raises(UsageError, match=r"after: no headline stands at .* any more"):
        full.headlines("dapp_expert", None, None, 5, place)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1-1", "1-2-0123456789abcdef", "1-1-0123456789ABCDEF", "1-1-0123456789abcdef\n"],
)
def test_what_is_no_place(text: str) -> None:
    """A place is only what was given; the complaint names the parameter."""
    with pytest.raises(UsageError, match="after: "):
        place_named(text)


def test_a_place_beyond_the_calendar() -> None:
    """Fourteen digits of milliseconds are more than there are days for: said in a sentence."""
    assert place_named("-5-0-0123456789abcdef").shown_at < T0
    with pytest.raises(UsageError, match="calendar"):
        place_named("-99999999999999-0-0123456789abcdef")
