"""The statistics of a run as one JSON document: ``MasterStatistics`` of @loadwright/core."""

import platform
import time
from typing import Any

import locust
from locust.runners import MasterRunner
from locust.stats import StatsEntry

from .counters import Counters


def master_statistics(environment: Any, counters: Counters, since: float) -> dict[str, Any]:
    """:param since: Unix second before which the figures by second are left out"""
    runner, stats = environment.runner, environment.stats
    return {
        "version": 1,
        "state": runner.state,
        "time": time.time(),
        "userCount": runner.user_count,
        "workers": [_worker(node) for node in runner.clients.values()]
        if isinstance(runner, MasterRunner)
        else [],
        "total": _requests(stats.total, since),
        "requests": [_requests(entry, since) for entry in stats.entries.values()],
        "errors": [_error(error) for error in stats.errors.values()],
        "counters": counters.totals(),
        "locustVersion": locust.__version__,
        "pythonVersion": platform.python_version(),
    }


def _worker(node: Any) -> dict[str, Any]:
    return {
        "id": node.id,
        "state": node.state,
        "userCount": node.user_count,
        "cpuPercent": node.cpu_usage,
        "memoryBytes": node.memory_usage,
    }


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


def _from(by_second: dict[int, int], since: float) -> list[tuple[int, int]]:
    return sorted((second, count) for second, count in by_second.items() if second >= since)


def _error(error: Any) -> dict[str, Any]:
    return {
        "method": error.method,
        "name": error.name,
        "error": error.parse_error(error.error),
        "occurrences": error.occurrences,
    }
