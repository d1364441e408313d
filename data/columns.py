"""Tables for a terminal: aligned columns, with colours where it shows them."""

import sys
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Literal

Side = Literal["left", "right"]


def columns(heads: Mapping[str, Side], rows: Iterable[Iterable[str]], wide: int | None) -> str:
    """The rows under their heads; ``wide`` is the width where the output is no terminal.

    A cell may hold rich's markup.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for head, side in heads.items():
        table.add_column(head, justify=side, overflow="fold")
    for row in rows:
        table.add_row(*row)
    seen = sys.stdout is not None and sys.stdout.isatty()
    console = Console(file=StringIO(), force_terminal=seen or None)
    with console.capture() as shown:
        console.print(table, width=None if console.is_terminal else wide)
    return shown.get()
