"""How many pages of 150 kB ``dapp_expert`` reads a second on one core, by the page's form."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from collectors.dapp_expert import read
from collectors.markup import keep_freed_memory
from data.clock import stopwatch
from data.model import Page
from tests.benchmarks.pages import padded, short_paragraphs

FIXTURES: Final = Path(__file__).parents[1] / "fixtures" / "dapp_expert"
FORMS: Final = {
    "payload, header, article, cards": "article.html",
    "header, article, cards": "no_payload.html",
    "Russian": "russian.html",
    "list of cards": "list.html",
    "redesigned as a table": "redesign_table_rows.html",
    "no header": "no_header.html",
    "visible text": "article.txt",
}
SHORT: Final = "header, article of short paragraphs"
MANY: Final = "header, article, 42 cards"
AIM: Final = 1_000
"""Pages a second, for every form but the one with many cards, each of which costs its own."""
ROUNDS: Final = 7
AT: Final = datetime(2026, 1, 31, 6, tzinfo=UTC)


def page(body: bytes, kind: str = "text/html; charset=utf-8") -> Page:
    """A page as it was fetched."""
    return Page(body, "https://dapp.expert/news/old-mill", AT, kind, 200)


def pages() -> dict[str, Page]:
    """By the name of its form, a page of 150 kB."""
    found = {}
    for form, name in FORMS.items():
        kind = "text/plain; charset=utf-8" if name.endswith(".txt") else "text/html; charset=utf-8"
        found[form] = page(padded((FIXTURES / name).read_bytes()), kind)
    found[SHORT] = page(short_paragraphs())
    found[MANY] = page(padded(many_cards((FIXTURES / "no_payload.html").read_bytes())))
    return found


def many_cards(body: bytes) -> bytes:
    """``body`` with its cards twenty times, each one another story."""
    before, start, rest = body.partition(b'<div class="tw-grid">')
    cards, end, after = rest.partition(b"</section>")
    more = [
        cards.replace(b'href="/news/', b'href="/news/n%d-' % number).replace(
            b"Read more About ", b"Read more About %d: " % number
        )
        for number in range(20)
    ]
    return before + start + start.join(more) + end + after


def speed(page: Page, seconds: float = 0.25) -> float:
    """Pages a second, the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        count, start = 0, stopwatch()
        while stopwatch() - start < seconds:
            read(page)
            count += 1
        rounds.append(count / (stopwatch() - start))
    return median(rounds)


def main() -> None:
    """Measure, print, and exit 1 when a form is read slower than the aim."""
    keep_freed_memory()
    slow = []
    for form, one in pages().items():
        look = read(one)
        found = speed(one)
        slow += [form] if found < AIM and form != MANY else []
        print(
            f"{form:35} {found:6,.0f} pages/s of {len(one.body):,} bytes"
            f"   via {look.via or 'nothing':7} {len(look.headlines):3} headlines",
            flush=True,
        )
    if slow:
        sys.exit(f"Slower than {AIM:,} pages a second: {', '.join(slow)}.")


if __name__ == "__main__":
    main()
