"""``/metrics``: what the store knows, read anew for each scrape, in Prometheus' text formats."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from importlib.metadata import version

from flask import Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from dashboard.gauges import GAUGES, Gauge
from dashboard.healthz import watched
from data.clock import Clock
from data.engine import named_errors, parse_url
from data.errors import StoreError
from data.settings import Settings
from data.store import Store
from data.vitals import Vitals, vitals


def answer(settings: Settings, store: Callable[[], Store], now: Clock) -> Response:
    """The metrics in the format that is asked for; 200 also while the store is away."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(settings, store, now))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    response = Response(encode(registry), content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    return response


class _Scrape(Collector):
    """The metrics of one moment."""

    def __init__(self, settings: Settings, store: Callable[[], Store], now: Clock) -> None:
        self._settings, self._store, self._now = settings, store, now

    def collect(self) -> Iterable[Metric]:
        """Every metric; where the store does not answer only those that need none."""
        now = self._now()
        try:
            store = self._store()
            with named_errors(store.engine):
                found = list(_vitals(self._settings, store, now))
        except StoreError:
            found = None
        engine = parse_url(self._settings.reads).drivername
        info = {"version": version("masthead"), "engine": engine}
        yield InfoMetricFamily("masthead", "What answers, and what kind of store it reads.", info)
        up = "1 when the store answered this scrape, 0 when it did not: then nothing else is told."
        yield GaugeMetricFamily("masthead_up", up, float(found is not None))
        for gauge in GAUGES if found is not None else ():
            yield _family(gauge, found or (), now)


def _vitals(settings: Settings, store: Store, now: datetime) -> Iterator[Vitals]:
    for name, info in watched(settings, store).items():
        yield vitals(store, name, info.every if info else None, now)


def _family(gauge: Gauge, found: Iterable[Vitals], now: datetime) -> Metric:
    family = GaugeMetricFamily(gauge.name, gauge.about, labels=("source", *gauge.labels))
    for one in found:
        for labels, value in gauge.samples(one, now):
            if value is not None:
                family.add_metric((one.source, *labels), value)
    return family
