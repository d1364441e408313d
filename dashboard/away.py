"""What everyone is told while the store does not answer; only the log gets the rest."""

import logging
import re
from datetime import timedelta
from typing import Final

from data.clock import stopwatch
from data.errors import MastheadError

log: Final = logging.getLogger("masthead")
TROUBLE: Final = re.compile(r".*?(?: did not answer| is damaged|(?=\. It said: ))")
"""All of an error that is everyone's matter."""
AGAIN: Final = timedelta(minutes=1)
"""How long the log is not told the same again, however many ask."""


class Away:
    """The words for a store whose address, as it may be shown in a log, is ``shown``."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._logged = "", 0.0

    def words(self, error: MastheadError) -> str:
        """``error`` without the store's address and what its driver says of its inside."""
        said, now = str(error), stopwatch()
        if said != self._logged[0] or now > self._logged[1] + AGAIN.total_seconds():
            log.warning(said)
            self._logged = said, now
        found = TROUBLE.match(said := said.replace(f" {self._shown}", ""))
        return f"{found[0]}." if found else said
