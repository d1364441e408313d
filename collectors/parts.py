"""Interim."""

from collections.abc import Sequence
from datetime import datetime

from data.model import Page


def bundle(url: str, answers: Sequence[tuple[str, Page | str]], taken_at: datetime) -> Page:
    """Interim."""
    raise NotImplementedError
