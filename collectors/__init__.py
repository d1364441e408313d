"""The outside world becomes a snapshot: one source is one file, one name, one line here."""

from typing import Final

from collectors import dapp_expert, defillama, growthepie
from collectors.collector import Collector

__all__ = ["COLLECTORS", "Collector"]

COLLECTORS: Final[dict[str, Collector]] = {
    "dapp_expert": dapp_expert.COLLECTOR,
    "defillama": defillama.COLLECTOR,
    "growthepie": growthepie.COLLECTOR,
}
"""Every source there is."""
