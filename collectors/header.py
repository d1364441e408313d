"""The header list by meaning: labels, and the figure that belongs to each, in any arrangement."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from selectolax.lexbor import LexborHTMLParser, LexborNode

from collectors.markup import silent, words

_Any = TypeVar("_Any")

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

_LABEL: Final = re.compile(
    r"(?<!\w)("
    + "|".join(
        re.escape(label).replace(r"\ ", r"\s+").replace("объем", "объ[её]м") for label in LABELS
    )
    + r")(?!\w)\s*(:?)",
    re.IGNORECASE,
)
_PIECE: Final = re.compile(
    r"[\W\d_]*(?:[KMBTQ]|тыс\.?|млн|млрд|трлн|[A-Z]{2,5})?[\W\d_]*|[A-Z]{1,4}[$ \u00a0].*[0-9].*"
)
_BORDER: Final = re.compile(r"(?<![0-9])\n|\n(?![0-9])")
_AROUND: Final = " \t\r\n\u00a0\u202f·|•;"
_LONGEST_FIGURE: Final = 40
_LONGEST_SHOWN: Final = 80
_LONGEST_LINE: Final = 2000
_LARGEST_LIST: Final = 600
_OCCURRENCES: Final = 200
_ANCESTORS: Final = 256
_LIST: Final = 3
_GAP: Final = 3


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


Header = Mapping[str, Found]


def on_page(html: LexborHTMLParser) -> Header | None:
    """The header list of a parsed page, outside articles; None when there is none."""
    if html.body is None:
        return None
    nodes = list(_label_nodes(html.body))
    boxes = _boxes(node for node in nodes if _says_so(node)) or _boxes(nodes)
    lists = [_cells(box) for box in boxes]
    return _agreed([pair(cells) for cells in lists if _has_figures(cells)])


def in_lines(lines: Sequence[str]) -> Header | None:
    """The header list of a visible text cut before its article; None when there is none."""
    runs = list(_runs([cell for line in lines for cell in split(line)]))
    return _agreed(_lists([pair(cells) for cells in runs if _has_figures(cells)], len))


def split(text: str, firm: bool = False) -> Iterator[Cell]:
    """The labels in a text that starts with one, each with what follows; else the text itself."""
    matches = list(_LABEL.finditer(text, 0, _LONGEST_LINE)) if starts_with_label(text) else []
    if not matches:
        yield Cell(text)
        return
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        rest = text[match.end() : following.start() if following else None].strip(_AROUND)
        yield Cell(rest[:_LONGEST_SHOWN], LABELS[_folded(match[1])], firm or bool(match[2]))
        if len(rest) > _LONGEST_FIGURE:
            return


def starts_with_label(text: str) -> bool:
    """Whether ``text`` is a label, or a label and something short enough to be figures."""
    match = _LABEL.match(text)
    if match is None:
        return False
    rest = text[match.end() :].strip(_AROUND)
    if len(rest) > _LONGEST_FIGURE and not _LABEL.search(rest[: _LONGEST_FIGURE * 2]):
        return False
    return bool(match[2]) or not rest or bool(re.match(r"[\W\d]", rest))


def pair(cells: Sequence[Cell]) -> dict[str, list[Found]]:
    """The figures beside each label of one list, whichever of the two comes first."""
    labels = [place for place, cell in enumerate(cells) if cell.key]
    if not labels:
        return {}
    figures = _columns(cells, labels) or _by_order(cells, labels)
    found = defaultdict(list)
    for place, figure in zip(labels, figures, strict=True):
        found[cells[place].key or ""].append(figure)
    return dict(found)


def _columns(cells: Sequence[Cell], labels: Sequence[int]) -> list[Found] | None:
    """All labels, then as many figures: a table with the labels in its head."""
    after = cells[labels[-1] + 1 :]
    together = labels[-1] - labels[0] + 1 == len(labels) >= _LIST
    if not together or len(after) != len(labels) or any(cells[place].text for place in labels):
        return None
    return [Found(cell.text) for cell in after] if all(map(_is_figure, after)) else None


def _by_order(cells: Sequence[Cell], labels: Sequence[int]) -> list[Found]:
    ends = [*labels[1:], len(cells)]
    after = [
        _figure(cells[place], cells[place + 1 : end])
        for place, end in zip(labels, ends, strict=True)
    ]
    if all(cells[place].firm or cells[place].text for place in labels) or not any(after):
        return [Found(text) for text in after]
    first, last = labels[0], labels[-1]
    leads = first > 0 and _is_figure(cells[first - 1])
    trails = last + 1 < len(cells) and _is_figure(cells[last + 1])
    if leads and not trails:
        before = [cells[place - 1] if place else Cell("") for place in labels]
        return [Found(cell.text if _is_figure(cell) else "") for cell in before]
    if trails and not leads:
        return [Found(text) for text in after]
    return [Found("", "unclear which figure belongs to which label")] * len(labels)


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


def _is_figure(cell: Cell) -> bool:
    return not cell.key and _is_piece(cell.text) and bool(re.search("[0-9]", cell.text))


def _has_figures(cells: Sequence[Cell]) -> bool:
    """Whether labels are more than the links of a menu: one says so, or figures stand there."""
    return any(cell.firm or (cell.key and cell.text) or _is_figure(cell) for cell in cells)


def _is_piece(text: str) -> bool:
    """Whether ``text`` can be a figure or part of one: digits, signs, a scale, a currency."""
    return len(text) <= _LONGEST_FIGURE and bool(_PIECE.fullmatch(text))


def _agreed(lists: list[dict[str, list[Found]]]) -> Header | None:
    """One answer per metric from all lists; where lists contradict, only what all of them say."""
    if not lists:
        return None
    texts = {
        key: [one for found in lists for one in found.get(key, [])] for key in set(LABELS.values())
    }
    said = {key: sorted({one.text for one in found if one.text}) for key, found in texts.items()}
    quarrel = any(len(texts) > 1 for texts in said.values())
    answer = {}
    for key, found in texts.items():
        if not found:
            continue
        if len(said[key]) > 1:
            answer[key] = Found("", f"two places disagree: {' and '.join(said[key][:2])}")
        elif quarrel and not all(any(one.text for one in each.get(key, [])) for each in lists):
            answer[key] = Found("".join(said[key]), "the page holds two lists that disagree")
        else:
            answer[key] = next((one for one in found if one.text), found[0])
    return answer


def _label_nodes(body: LexborNode) -> Iterator[LexborNode]:
    """Text nodes that start with a label, the first few hundred."""
    count = 0
    for node in body.traverse(include_text=True, skip_empty=True):
        if not node.is_text_node or not (text := node.text_content) or len(text) > 1000:
            continue
        if _LABEL.match(text.lstrip()) and starts_with_label(text.strip()) and not silent(node):
            yield node
            count += 1
            if count == _OCCURRENCES:
                return


def _boxes(nodes: Iterable[LexborNode]) -> list[LexborNode]:
    """The smallest containers that hold the most labels, largest lists only."""
    chains = [found for node in nodes if (found := _chain(node)) is not None]
    below: dict[int, set[str]] = defaultdict(set)
    for keys, chain in chains:
        for ancestor in chain:
            below[ancestor.mem_id] |= keys
    boxes: dict[int, LexborNode] = {}
    around: set[int] = set()
    for _, chain in chains:
        box = _box(chain, below)
        if box is not None:
            boxes[box.mem_id] = box
            held = len(below[box.mem_id])
            around |= {one.mem_id for one in chain if len(below[one.mem_id]) == held} - {box.mem_id}
    smallest = [box for place, box in boxes.items() if place not in around]
    return _lists([_table(box) for box in smallest], lambda box: len(below[box.mem_id]))


def _chain(node: LexborNode) -> tuple[set[str], list[LexborNode]] | None:
    """The labels of a text node and its ancestors, inside out; None in articles and menus."""
    keys = {cell.key for cell in split((node.text_content or "").strip()) if cell.key}
    chain: list[LexborNode] = []
    ancestor = node.parent
    while ancestor is not None and len(chain) < _ANCESTORS:
        if ancestor.tag == "article" or (ancestor.tag == "nav" and not _says_so(node)):
            return None
        chain.append(ancestor)
        ancestor = ancestor.parent
    return keys, chain


def _box(chain: Sequence[LexborNode], below: Mapping[int, set[str]]) -> LexborNode | None:
    box, held = None, 0
    for ancestor in chain:
        labels = len(below[ancestor.mem_id])
        if labels > held:
            if _is_larger(ancestor, _LARGEST_LIST):
                break
            box, held = ancestor, labels
    return box


def _table(box: LexborNode) -> LexborNode:
    """The whole table, when all labels stand in its head."""
    table = box
    while table.tag in ("tr", "thead") and table.parent is not None:
        table = table.parent
    return table


def _is_larger(node: LexborNode, limit: int) -> bool:
    size = 0
    for text in words(node):
        size += len(text)
        if size > limit:
            return True
    return False


def _cells(box: LexborNode) -> list[Cell]:
    cells: list[Cell] = []
    for node in box.traverse(include_text=True, skip_empty=True):
        text = (node.text_content or "").strip(_AROUND) if node.is_text_node else ""
        if not text or silent(node):
            continue
        if text == ":" and cells:
            cells[-1] = replace(cells[-1], firm=True)
        else:
            cells.extend(split(text, _is_firm(node)))
    return cells


def _says_so(node: LexborNode) -> bool:
    """Whether the label in a text node has its colon or its tag, unlike the links of a menu."""
    text = (node.text_content or "").strip(_AROUND)
    return any(cell.firm or cell.text for cell in split(text, _is_firm(node)) if cell.key)


def _is_firm(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None and parent.tag in ("span", "b", "strong", "small", "p", "em"):
        parent = parent.parent
    return parent is not None and parent.tag in ("dt", "th")


def _runs(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """Labels that stand close together, with the one line before and after each."""
    run: list[Cell] = []
    gap = 0
    for place, cell in enumerate(cells):
        if cell.key:
            if not run and place:
                run.append(cells[place - 1])
            run.append(cell)
            gap = 0
        elif run:
            gap += 1
            if gap == 1 and not run[-1].text:
                run.append(cell)
            if gap > _GAP:
                yield run
                run, gap = [], 0
    if run:
        yield run


def _lists(candidates: Sequence[_Any], labels: Callable[[_Any], int]) -> list[_Any]:
    """Those with three labels or more; where there are none, those with two."""
    counted = [(labels(candidate), candidate) for candidate in candidates]
    least = _LIST if any(count >= _LIST for count, _ in counted) else 2
    return [candidate for count, candidate in counted if count >= least]


def _folded(label: str) -> str:
    return " ".join(label.lower().replace("ё", "е").split())
