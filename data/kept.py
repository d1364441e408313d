"""The pages that were not read fully, to be read again."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from data.engine import damaged
from data.model import Origin, Page, iso
from data.schema import pages
from data.statements import select
from data.store import Store


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page as it was answered, and the snapshot it belongs to."""

    source: str
    slot: datetime
    origin: Origin
    page: Page


def kept_pages(store: Store, source: str) -> Iterator[KeptPage]:
    """The source's kept pages, oldest first, one in memory at a time. Raises StoreError."""
    of_source = pages.c.source == source
    with store.reading() as connection:
        slots = connection.scalars(select(pages.c.slot).where(of_source).order_by(pages.c.slot))
        wanted = list(slots)
    for slot in wanted:
        with store.reading() as connection:
            row = connection.execute(select(pages).where(of_source, pages.c.slot == slot)).first()
        if row is None:
            continue
        try:
            body = gzip.decompress(row.body)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            said = f"the page of {source} at {iso(slot)} cannot be unpacked: {error}."
            raise damaged(store.engine, said) from None
        page = Page(body, row.url, row.taken_at, row.content_type)
        yield KeptPage(source, slot, row.origin, page)
