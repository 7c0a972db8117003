"""How many sockets this process may have."""

import contextlib

# For what else opens files while the load runs: look-ups of names, logs, and Locust's watch over CPU and
# memory, which would end for good with the first file that it cannot open.
_RESERVED = 16


def raise_limit() -> None:
    """As far as the system lets it: Locust itself stops at 10,000, and each user needs one."""
    try:
        import resource
    except ImportError:
        return  # Windows has no such limit.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def first_reserved() -> float:
    """The lowest descriptor that no connection may take. The system gives out the lowest that is free."""
    try:
        import resource
    except ImportError:
        return float("inf")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return float("inf") if soft == resource.RLIM_INFINITY else soft - _RESERVED
