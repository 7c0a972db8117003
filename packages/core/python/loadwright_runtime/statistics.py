"""The statistics of a run as one JSON document: ``MasterStatistics`` of @loadwright/core."""

import platform
import time
from typing import Any

import locust
from locust.runners import STATE_STOPPING, MasterRunner
from locust.stats import StatsEntry

from .clock import ClockOffset
from .counters import Counters
from .histogram import Histogram, merge, to_milliseconds
from .load_control import LoadControl


def master_statistics(
    environment: Any, counters: Counters, control: LoadControl, since: float
) -> dict[str, Any]:
    """:param since: Unix second before which the figures by second are left out"""
    runner, stats = environment.runner, environment.stats
    test = control.statistics()
    return {
        "version": 1,
        "state": runner.state,
        "time": time.time(),
        "userCount": runner.user_count,
        "workers": [
            _worker(node, control.is_stopping(node), counters.clock_offsets.get(node.id))
            for node in runner.clients.values()
        ]
        if isinstance(runner, MasterRunner)
        else [],
        "total": _requests(stats.total, since) | _responses(_all_responses(counters)),
        "requests": [
            _requests(entry, since)
            | _responses(counters.histograms.get(("response", entry.method, entry.name)))
            for entry in stats.entries.values()
        ],
        "errors": [_error(error) for error in stats.errors.values()],
        "counters": counters.totals(),
        "failureKinds": dict(counters.failure_kinds),
        "phases": {
            key[1]: to_milliseconds(histogram)
            for key, histogram in counters.histograms.items()
            if key[0] == "phase"
        },
        "lag": to_milliseconds(counters.histogram("lag")),
        "locustVersion": locust.__version__,
        "pythonVersion": platform.python_version(),
        **({} if test is None else {"test": test}),
    }


def _worker(node: Any, is_stopping: bool, clock_offset: ClockOffset | None) -> dict[str, Any]:
    worker = {
        "id": node.id,
        "state": STATE_STOPPING if is_stopping else node.state,
        "userCount": node.user_count,
        "cpuPercent": node.cpu_usage,
        "memoryBytes": node.memory_usage,
    }
    if clock_offset is not None:
        seconds, uncertainty = clock_offset
        worker["clockOffset"] = {"seconds": seconds, "uncertaintySeconds": uncertainty}
    return worker


def _requests(entry: StatsEntry, since: float) -> dict[str, Any]:
    return {
        "method": entry.method or "",
        "name": entry.name,
        "count": entry.num_requests,
        "failures": entry.num_failures,
        "totalMilliseconds": entry.total_response_time,
        "minimumMilliseconds": entry.min_response_time,
        "maximumMilliseconds": entry.max_response_time,
        "totalBytes": entry.total_content_length,
        "histogram": sorted(entry.response_times.items()),
        "requestsPerSecond": _from(entry.num_reqs_per_sec, since),
        "failuresPerSecond": _from(entry.num_fail_per_sec, since),
    }


def _responses(histogram: Histogram | None) -> dict[str, Any]:
    """The time from when a request was due, which there is in the open model only."""
    return {"responseHistogram": to_milliseconds(histogram)} if histogram else {}


def _all_responses(counters: Counters) -> Histogram:
    total: Histogram = {}
    for key, histogram in counters.histograms.items():
        if key[0] == "response":
            merge(total, histogram)
    return total


def _from(by_second: dict[int, int], since: float) -> list[tuple[int, int]]:
    return sorted((second, count) for second, count in by_second.items() if second >= since)


def _error(error: Any) -> dict[str, Any]:
    return {
        "method": error.method,
        "name": error.name,
        "error": error.parse_error(error.error),
        "occurrences": error.occurrences,
    }
