"""The statistics of a run as JSON: ``MasterStatistics`` and ``MasterSeries`` of @loadwright/core."""

import platform
import time
from typing import Any

import locust
from locust.runners import MasterRunner

from ..locust.load_control import LoadControl
from .clock import ClockOffset
from .counters import Counters, Load
from .failure_samples import samples
from .histogram import value_of
from .metrics import Metrics
from .samples import LAG, Sampler
from .sums import BILLION, RowSum, TrendSum

BUCKETING = "microunits-8bit"
"""See :mod:`.histogram`: the index of a bucket of millionths of the unit that was recorded."""

# An answer of some megabytes, which keeps the master from its workers for a tenth of a second.
_ROWS_A_PAGE = 1000


def master_statistics(environment: Any, counters: Counters, control: LoadControl) -> dict[str, Any]:
    """The figures of the test, as far as they have come."""
    counters.settle()
    runner, figures = environment.runner, counters.figures
    nodes = list(runner.clients.values()) if isinstance(runner, MasterRunner) else []
    loads = [counters.loads.get(node.id, Load(0, 0.0)) for node in nodes] or [Load(*counters.load())]
    run, total = figures.run(), figures.total()
    return {
        "version": 2,
        "state": runner.state,
        "time": time.time(),
        "userCount": runner.user_count,
        "workers": [
            _worker(node, load, control.state_of(node), counters.clock_offsets.get(node.id))
            for node, load in zip(nodes, loads, strict=False)
        ],
        "metrics": counters.metrics.describe(),
        "total": _requests("", "Aggregated", total, counters.metrics),
        "requests": [
            _requests(method, name, row, counters.metrics)
            for (method, name), row in figures.names()
            if name or method
        ],
        "errors": [
            {"method": method, "name": name, "kind": kind, "error": reason, "occurrences": count}
            for (method, name, kind, reason), count in figures.errors.items()
        ],
        "failureSamples": samples.all(),
        "inFlight": {
            "count": sum(load.in_flight for load in loads),
            "oldestSeconds": max((load.oldest_seconds for load in loads), default=0.0),
        },
        "lag": _histogram(run.trends[LAG], 1000) if LAG in run.trends else [],
        "counters": total.counters,
        "refusedReports": counters.refused_reports,
        "missingReports": counters.missing_reports,
        **control.statistics(),
        "locustVersion": locust.__version__,
        "pythonVersion": platform.python_version(),
    }


def master_series(
    counters: Counters, control: LoadControl, sampler: Sampler, after: int, samples_after: int = 0
) -> dict[str, Any]:
    """
    What changed since the last answer: whole rows, which take the place of those of the same second, method
    and name, and new samples.

    :param after: the revision of the last answer; 0: from the beginning
    :param samples_after: the second of the last sample that is known
    """
    counters.settle()
    page = counters.figures.since(after, _ROWS_A_PAGE)
    return {
        "revision": page.revision,
        "more": not page.is_last,
        "test": control.number,
        "bucketing": BUCKETING,
        "rows": [
            _row(second, method, name, row, counters.metrics) for second, (method, name), row in page.rows
        ],
        "samples": sampler.between(after, page.revision, samples_after),
    }


def _worker(node: Any, load: Load, state: str, clock_offset: ClockOffset | None) -> dict[str, Any]:
    worker = {
        "id": node.id,
        "state": state,
        "userCount": node.user_count,
        "cpuPercent": node.cpu_usage,
        "memoryBytes": node.memory_usage,
        "inFlight": load.in_flight,
        "oldestSeconds": load.oldest_seconds,
    }
    if clock_offset is not None:
        seconds, uncertainty = clock_offset
        worker["clockOffset"] = {"seconds": seconds, "uncertaintySeconds": uncertainty}
    return worker


def _requests(method: str, name: str, row: RowSum, metrics: Metrics) -> dict[str, Any]:
    return {
        "method": method,
        "name": name,
        **_counts(row),
        "trends": {
            metric: {
                "count": trend.count,
                **_sums(trend, _scale(metrics, metric)),
                "histogram": _histogram(trend, _scale(metrics, metric)),
            }
            for metric, trend in row.trends.items()
        },
        "counters": row.counters,
        "rates": {metric: {"hits": hits, "total": total} for metric, (hits, total) in row.rates.items()},
    }


def _row(second: int, method: str, name: str, row: RowSum, metrics: Metrics) -> dict[str, Any]:
    return {
        "second": second,
        "method": method,
        "name": name,
        **_counts(row),
        **({} if name or method else {"ended": row.ended, "endedFailed": row.ended_failed}),
        "failures": row.failures_by_kind(),
        "trends": {
            metric: {
                "count": trend.count,
                **_sums(trend, _scale(metrics, metric)),
                "buckets": [number for pair in trend.pairs() for number in pair],
            }
            for metric, trend in row.trends.items()
        },
        **({"counters": row.counters} if row.counters else {}),
        **(
            {"rates": {metric: {"hits": hits, "total": total} for metric, (hits, total) in row.rates.items()}}
            if row.rates
            else {}
        ),
    }


def _counts(row: RowSum) -> dict[str, Any]:
    return {
        "due": row.due,
        "sent": row.sent,
        "succeeded": row.succeeded,
        "failed": row.failed,
        "dropped": row.dropped,
        "bytes": row.bytes,
        "bytesSent": row.bytes_sent,
        "bytesReceived": row.bytes_received,
        "codes": {str(code): count for code, count in row.codes.items()},
    }


def _scale(metrics: Metrics, metric: str) -> float:
    """Times are recorded in seconds and shown in milliseconds."""
    return 1000.0 if metrics.definitions[metric].unit == "s" else 1.0


def _sums(trend: TrendSum, scale: float) -> dict[str, float]:
    return {
        "sum": trend.total / BILLION * scale,
        "minimum": trend.minimum * scale,
        "maximum": trend.maximum * scale,
    }


def _histogram(trend: TrendSum, scale: float) -> list[tuple[float, int]]:
    """
    Pairs of value and count, sorted. The middle of the first bucket may lie below the smallest value, that of
    the last one above the greatest: no percentile may.
    """
    low, high = trend.minimum, trend.maximum
    pairs: dict[float, int] = {}
    for bucket, count in trend.pairs():
        value = min(max(value_of(bucket), low), high) * scale
        pairs[value] = pairs.get(value, 0) + count
    return list(pairs.items())
