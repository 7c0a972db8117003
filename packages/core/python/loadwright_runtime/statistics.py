"""The statistics of a run as JSON: ``MasterStatistics`` and ``MasterSeries`` of @loadwright/core."""

import platform
import time
from typing import Any

import locust
from locust.runners import MasterRunner

from .clock import ClockOffset
from .counters import Counters, Load
from .failure_samples import samples
from .histogram import value_of
from .load_control import LoadControl
from .metrics import Metrics
from .rows import RESPONSE, SERVICE, Row, Trend
from .samples import Sampler

BUCKETING = "microunits-8bit"
"""See :mod:`.histogram`: the index of a bucket of millionths of the unit that was recorded."""


def master_statistics(environment: Any, counters: Counters, control: LoadControl) -> dict[str, Any]:
    """The figures of the test, as far as they have come."""
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
            for (method, name), row in figures.names.items()
            if name or method
        ],
        "errors": [
            {"method": method, "name": name, "kind": kind, "error": reason, "occurrences": count}
            for (method, name, kind, reason), count in figures.errors.items()
        ],
        "exceptions": [
            {"message": one["msg"], "count": one["count"], "nodes": sorted(one["nodes"])}
            for one in runner.exceptions.values()
        ],
        "failureSamples": samples.all(),
        "inFlight": {
            "count": sum(load.in_flight for load in loads),
            "oldestSeconds": max((load.oldest_seconds for load in loads), default=0.0),
        },
        "lag": _histogram(run.trends["loop_lag"], 1000) if "loop_lag" in run.trends else [],
        "counters": dict(total.counters),
        "refusedReports": counters.refused_reports,
        **control.statistics(),
        "locustVersion": locust.__version__,
        "pythonVersion": platform.python_version(),
    }


def master_series(
    counters: Counters, sampler: Sampler, control: LoadControl, after: int, seen: int
) -> dict[str, Any]:
    """
    :param after: the revision of the last answer; 0: from the beginning
    :param seen: the second of the newest sample that the reader has: those after it are given
    """
    figures = counters.figures
    return {
        "revision": figures.revision,
        "test": control.number,
        "bucketing": BUCKETING,
        "rows": [
            _row(second, method, name, row, counters.metrics)
            for (second, method, name), row in figures.since(after)
        ],
        "samples": [sample for sample in sampler.samples if sample["second"] > seen],
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


def _requests(method: str, name: str, row: Row, metrics: Metrics) -> dict[str, Any]:
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
            for metric, trend in _trends(row).items()
        },
        "counters": dict(row.counters),
        "rates": {metric: {"hits": hits, "total": total} for metric, (hits, total) in row.rates.items()},
    }


def _row(second: int, method: str, name: str, row: Row, metrics: Metrics) -> dict[str, Any]:
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
                "buckets": [number for pair in sorted(trend.buckets.items()) for number in pair],
            }
            for metric, trend in _trends(row).items()
        },
        **({"counters": dict(row.counters)} if row.counters else {}),
        **(
            {"rates": {metric: {"hits": hits, "total": total} for metric, (hits, total) in row.rates.items()}}
            if row.rates
            else {}
        ),
    }


def _counts(row: Row) -> dict[str, int]:
    return {
        "due": row.due,
        "sent": row.sent,
        "succeeded": row.succeeded,
        "failed": row.failed,
        "dropped": row.dropped,
        "bytes": row.bytes,
    }


def _trends(row: Row) -> dict[str, Trend]:
    trends = {SERVICE: row.service} if row.service.buckets else {}
    return trends | {name: trend for name, trend in row.trends.items() if trend.buckets}


def _scale(metrics: Metrics, metric: str) -> float:
    """Times are recorded in seconds and shown in milliseconds."""
    return 1000.0 if metric in (SERVICE, RESPONSE) or metrics.definitions[metric].unit == "s" else 1.0


def _sums(trend: Trend, scale: float) -> dict[str, float]:
    return {
        "sum": trend.total * scale,
        "minimum": trend.minimum * scale,
        "maximum": trend.maximum * scale,
    }


def _histogram(trend: Trend, scale: float) -> list[tuple[float, int]]:
    """
    Pairs of value and count, sorted. The middle of the first bucket may lie below the smallest value, that of
    the last one above the greatest: no percentile may.
    """
    low, high = trend.minimum, trend.maximum
    pairs: dict[float, int] = {}
    for bucket, count in sorted(trend.buckets.items()):
        value = min(max(value_of(bucket), low), high) * scale
        pairs[value] = pairs.get(value, 0) + count
    return list(pairs.items())
