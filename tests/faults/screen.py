"""What the page answers over a store in trouble: the truth, or 503 with a sentence."""

import csv
from collections.abc import Iterator
from datetime import datetime

from werkzeug.test import Client

from tests.faults import oracle
from tests.faults.oracle import Complaint, Known

ADDRESSES = (
    "/api/v1/sources",
    "/api/v1/latest",
    "/api/v1/series",
    "/api/v1/headlines",
    "/export/runs.csv",
)
EXPORT = "/export/snapshots.csv"


def looked_at(client: Client, known: Known) -> Iterator[Complaint]:
    """What is wrong with its answers."""
    for address in (*ADDRESSES, EXPORT):
        answer = client.get(address)
        said = answer.text
        if answer.status_code == 503:
            if "The store" not in said or said.strip().count("\n"):
                yield "wrong", f"{address} does not say what is wrong: {said[:500]}"
        elif answer.status_code != 200:
            yield "wrong", f"{address} answers {answer.status_code}: {said[:500]}"
        elif address == EXPORT:
            yield from exported(said, known)


def exported(text: str, known: Known) -> Iterator[Complaint]:
    """What an export says that no page said."""
    for row in csv.DictReader(text.splitlines()):
        figures = {key: float(row[key]) if row[key] else None for key in oracle.KEYS}
        if not known.allows(oracle.ms(datetime.fromisoformat(row["slot"])), figures):
            yield "wrong", f"the export says of {row['slot']}: {figures}"
