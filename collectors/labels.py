"""The labels of the header, and the figure that belongs to each, whichever of them comes first."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from data.model import KEYS, METRIC

LABELS: Final = {
    "dapps": "dapps",
    "blockchains": "blockchains",
    "active users": "active_users",
    "30d volume": "volume_30d",
    "30d transactions": "transactions_30d",
    "блокчейны": "blockchains",
    "активные пользователи": "active_users",
    "объем за 30 дней": "volume_30d",
    "транзакции за 30 дней": "transactions_30d",
}
"""The site's labels, English and Russian, folded."""
AROUND: Final = " \t\r\n\u00a0\u202f·|•;"
"""What may stand around a label or a figure without being part of it."""
LEAST: Final = 3
"""Fewer labels than these are a list only where there is no longer one."""
_LABEL: Final = re.compile(
    # The first letters stand apart so that nearly every text is refused at its first.
    r"(?<!\w)(?=["
    + "".join({label[0] for label in LABELS})
    + r"])("
    + "|".join(
        re.escape(label).replace(r"\ ", r"\s+").replace("объем", "объ[её]м") for label in LABELS
    )
    + r")(?!\w)\s*(:?)",
    re.IGNORECASE,
)

_PIECE: Final = re.compile(
    r"[\W\d_]*(?:[KMBTQ]|тыс\.?|млн|млрд|трлн|[A-Z]{2,5})?[\W\d_]*|[A-Z]{1,4}[$ \u00a0].*[0-9].*"
)

_MONEY: Final = re.compile(r"[^\w\s.,]|[A-Z]{3}")
_BORDER: Final = re.compile(r"(?<![0-9])\n|\n(?![0-9])")

_LONGEST_FIGURE: Final = 40

_LONGEST_SHOWN: Final = 80

_LONGEST_LINE: Final = 2000


@dataclass(frozen=True, slots=True)
class Found:
    """What stands beside a label: its text (empty when nothing does), or why that is unclear."""

    text: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text: a label (``key`` set) with what follows it, or anything else."""

    text: str
    key: str | None = None
    firm: bool = False
    """The label says itself that its figure follows: by a colon, or by its tag."""


def split(text: str, firm: bool = False) -> Sequence[Cell]:
    """The labels in a text that starts with one, each with what follows; else the text itself."""
    if not starts_with_label(text):
        return (Cell(text),)
    return _known(text, firm) if len(text) <= _LONGEST_SHOWN else _labelled(text, firm)


def _labelled(text: str, firm: bool) -> Sequence[Cell]:
    """The cells of a text that starts with a label."""
    matches = list(_LABEL.finditer(text, 0, _LONGEST_LINE))
    cells = []
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        rest = text[match.end() : following.start() if following else None].strip(AROUND)
        key = LABELS[_folded(match[1])]
        cells.append(Cell(rest[:_LONGEST_SHOWN], key, firm or bool(match[2])))
        if len(rest) > _LONGEST_FIGURE:
            break
    return tuple(cells)


_known: Final = lru_cache(maxsize=256)(_labelled)
"""The site's own labels are the same few texts on page after page, and are asked for thrice."""


def starts_with_label(text: str) -> bool:
    """Whether ``text`` is a label, or a label and something short enough to be figures."""
    match = _LABEL.match(text)
    if match is None:
        return False
    rest = text[match.end() :].strip(AROUND)
    if len(rest) > _LONGEST_FIGURE and not _LABEL.search(rest[: _LONGEST_FIGURE * 2]):
        return False
    return bool(match[2]) or not rest or bool(re.match(r"[\W\d]", rest))


def pair(cells: Sequence[Cell], *, whole: bool = True) -> dict[str, list[Found]]:
    """The figures beside each label of one list, whichever of the two comes first.

    ``whole`` says that ``cells`` are all there is in the list. Where that is not known, as in a
    plain text, bare labels count only when all of them stand in the site's order: then a list
    out of step shows, because money meets a count.
    """
    labels = [place for place, cell in enumerate(cells) if cell.key]
    if not labels:
        return {}
    figures = _columns(cells, labels) or _by_order(cells, labels, whole)
    found = defaultdict(list)
    for place, figure in zip(labels, figures, strict=True):
        found[cells[place].key or ""].append(figure)
    return dict(found)


def has_figures(cells: Sequence[Cell]) -> bool:
    """Whether labels are more than the links of a menu: one says so, or figures stand there."""
    return any(cell.firm or (cell.key and cell.text) or is_figure(cell) for cell in cells)


def _columns(cells: Sequence[Cell], labels: Sequence[int]) -> list[Found] | None:
    """All labels, then as many figures: a table with the labels in its head."""
    after = cells[labels[-1] + 1 :]
    together = labels[-1] - labels[0] + 1 == len(labels) >= LEAST
    if not together or len(after) != len(labels) or any(cells[place].text for place in labels):
        return None
    return [Found(cell.text) for cell in after] if all(map(is_figure, after)) else None


def _by_order(cells: Sequence[Cell], labels: Sequence[int], whole: bool) -> list[Found]:
    """Each label with what follows it, where labels say so; else only where no other way fits."""
    kinds = [is_figure(cell) for cell in cells]
    if all(cells[place].firm or cells[place].text for place in labels) or not any(kinds):
        ends = [*labels[1:], len(cells)]
        spans = zip(labels, ends, strict=True)
        return [Found(_figure(cells[place], cells[place + 1 : end])) for place, end in spans]
    known = whole or tuple(cells[place].key for place in labels) == KEYS
    if known and kinds[0] != kinds[-1] and all(one != other for one, other in pairwise(kinds)):
        step = -1 if kinds[0] else 1
        if all(_fits(cells[place].key, cells[place + step].text) for place in labels):
            return [Found(cells[place + step].text) for place in labels]
    return [Found("", "unclear which figure belongs to which label")] * len(labels)


def _fits(key: str | None, figure: str) -> bool:
    """Whether a figure is money where its metric is, so that a list out of step is noticed."""
    metric, money = METRIC[key or ""], bool(_MONEY.search(figure))
    return money or metric.unit != "USD" if metric.priced else not money


def _figure(label: Cell, after: Sequence[Cell]) -> str:
    """What follows a label, up to the first words that are no part of a figure."""
    if label.text:
        return label.text
    pieces: list[str] = []
    for cell in after:
        words_follow = not _is_piece(cell.text) and (pieces or " " in cell.text)
        if cell.text.endswith(":") or words_follow:
            break
        pieces.append(cell.text)
    return _BORDER.sub("", "\n".join(pieces))


def is_figure(cell: Cell) -> bool:
    """Whether a cell holds a figure and nothing else."""
    return not cell.key and _is_piece(cell.text) and bool(re.search("[0-9]", cell.text))


def _is_piece(text: str) -> bool:
    """Whether ``text`` can be a figure or part of one: digits, signs, a scale, a currency."""
    return len(text) <= _LONGEST_FIGURE and bool(_PIECE.fullmatch(text))


def _folded(label: str) -> str:
    return " ".join(label.lower().replace("ё", "е").split())
