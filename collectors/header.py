"""The header list of a page or of its visible text, found by its labels, not by its markup."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, TypeVar

from selectolax.lexbor import LexborHTMLParser, LexborNode

from collectors.labels import (
    AROUND,
    LABELS,
    LEAST,
    Cell,
    Found,
    has_figures,
    is_figure,
    pair,
    split,
    starts_with_label,
)
from collectors.markup import silent, words

Header = Mapping[str, Found]

_Any = TypeVar("_Any")

_LARGEST_LIST: Final = 600

_OCCURRENCES: Final = 200

_ANCESTORS: Final = 256

_GAP: Final = 4

_LONGEST_TEXT: Final = 1000


def on_page(html: LexborHTMLParser) -> Header | None:
    """The header list of a parsed page, outside articles; None when there is none."""
    if html.body is None:
        return None
    nodes = list(_label_nodes(html.body))
    boxes = _boxes(node for node in nodes if _says_so(node)) or _boxes(nodes)
    lists = [_cells(box) for box in boxes]
    return _agreed([pair(cells) for cells in lists if has_figures(cells)])


def in_lines(lines: Sequence[str]) -> Header | None:
    """The header list of a visible text cut before its article; None when there is none."""
    runs = list(_runs([cell for line in lines for cell in split(line)]))
    return _agreed(_lists([pair(cells, whole=False) for cells in runs if has_figures(cells)], len))


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
    """Text nodes outside articles that start with a label, the first few hundred."""
    found = (
        node
        for node in _outside_articles(body)
        if (text := node.text_content)
        and len(text) <= _LONGEST_TEXT
        and starts_with_label(text.strip())
        and not silent(node)
    )
    return islice(found, _OCCURRENCES)


def _outside_articles(body: LexborNode) -> Iterator[LexborNode]:
    """Nodes in page order, articles left out whole, for most of a page is one."""
    around: set[int] = set()
    for article in body.css("article"):
        node = article.parent
        while node is not None and node.mem_id not in around:
            around.add(node.mem_id)
            node = node.parent
    waiting = [body]
    while waiting:
        node = waiting.pop()
        if node.tag == "article":
            continue
        if node.mem_id in around:
            waiting.extend(reversed(list(node.iter(include_text=True, skip_empty=True))))
        else:
            yield from node.traverse(include_text=True, skip_empty=True)


def _boxes(nodes: Iterable[LexborNode]) -> list[LexborNode]:
    """The smallest containers that hold the most labels, largest lists only."""
    chains = [found for node in nodes if (found := _chain(node)) is not None]
    large: dict[int, bool] = {}
    below: dict[int, set[str]] = defaultdict(set)
    for keys, chain in chains:
        for ancestor in chain:
            below[ancestor.mem_id] |= keys
    boxes: dict[int, LexborNode] = {}
    around: set[int] = set()
    for _, chain in chains:
        box = _box(chain, below, large)
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


def _box(
    chain: Sequence[LexborNode], below: Mapping[int, set[str]], large: dict[int, bool]
) -> LexborNode | None:
    box, held = None, 0
    for ancestor in chain:
        labels = len(below[ancestor.mem_id])
        if labels > held:
            if ancestor.mem_id not in large:
                large[ancestor.mem_id] = _is_larger(ancestor, _LARGEST_LIST)
            if large[ancestor.mem_id]:
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
        text = (node.text_content or "").strip(AROUND) if node.is_text_node else ""
        if not text or silent(node):
            continue
        if text == ":" and cells:
            cells[-1] = replace(cells[-1], firm=True)
        else:
            cells.extend(split(text, _is_firm(node)))
    return cells


def _says_so(node: LexborNode) -> bool:
    """Whether the label in a text node has its colon or its tag, unlike the links of a menu."""
    text = (node.text_content or "").strip(AROUND)
    return any(cell.firm or cell.text for cell in split(text, _is_firm(node)) if cell.key)


def _is_firm(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None and parent.tag in ("span", "b", "strong", "small", "p", "em"):
        parent = parent.parent
    return parent is not None and parent.tag in ("dt", "th")


def _runs(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """Labels that stand close together, with what is between them, and a figure at either end."""
    first = last = -1
    for place, cell in enumerate(cells):
        if not cell.key:
            continue
        if first >= 0 and place - last > _GAP:
            yield _run(cells, first, last)
            first = -1
        first, last = first if first >= 0 else place, place
    if first >= 0:
        yield _run(cells, first, last)


def _run(cells: Sequence[Cell], first: int, last: int) -> list[Cell]:
    start = first - 1 if first and is_figure(cells[first - 1]) else first
    after = cells[last + 1 : last + 2]
    trails = any(cells[last].firm or is_figure(cell) for cell in after)
    return [*cells[start : last + 1], *(after if trails else [])]


def _lists(candidates: Sequence[_Any], labels: Callable[[_Any], int]) -> list[_Any]:
    """Those with three labels or more; where there are none, those with two."""
    counted = [(labels(candidate), candidate) for candidate in candidates]
    least = LEAST if any(count >= LEAST for count, _ in counted) else 2
    return [candidate for count, candidate in counted if count >= least]
