"""Histograms of times, by buckets whose width is below 0.8 % of the time."""

Histogram = dict[int, int]
"""Bucket and count."""

# Microseconds keep their first eight bits: 0 to 255 are exact, then 128 buckets for each doubling.
_KEPT_BITS = 8


def bucket_of(seconds: float) -> int:
    microseconds = int(seconds * 1e6)
    shift = microseconds.bit_length() - _KEPT_BITS
    return microseconds if shift <= 0 else (shift << 7) + (microseconds >> shift)


def milliseconds_of(bucket: int) -> float:
    """The middle of a bucket, which is within 0.4 % of every time in it, or half a microsecond."""
    if bucket < 256:
        return (bucket + 0.5) / 1000
    shift = (bucket >> 7) - 1
    return ((bucket & 127 | 128) + 0.5) * (1 << shift) / 1000


def add(histogram: Histogram, seconds: float) -> None:
    bucket = bucket_of(seconds)
    histogram[bucket] = histogram.get(bucket, 0) + 1


def merge(histogram: Histogram, other: Histogram) -> None:
    for bucket, count in other.items():
        histogram[bucket] = histogram.get(bucket, 0) + count


def to_milliseconds(histogram: Histogram) -> list[tuple[float, int]]:
    """Pairs of time and count, sorted by time."""
    return [(milliseconds_of(bucket), count) for bucket, count in sorted(histogram.items())]
