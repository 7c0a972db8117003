"""Histograms of values, by buckets whose width is below 0.8 % of the value."""

Histogram = dict[int, int]
"""Bucket and count."""

# Millionths keep their first eight bits: 0 to 255 are exact, then 128 buckets for each doubling.
_KEPT_BITS = 8


def bucket_of(value: float) -> int:
    """
    :param value: 0 or more, in seconds or any other unit
    """
    millionths = int(value * 1e6)
    shift = millionths.bit_length() - _KEPT_BITS
    return millionths if shift <= 0 else (shift << 7) + (millionths >> shift)


def value_of(bucket: int) -> float:
    """The middle of a bucket, which is within 0.4 % of every value in it, or half a millionth."""
    if bucket < 256:
        return (bucket + 0.5) / 1e6
    shift = (bucket >> 7) - 1
    return ((bucket & 127 | 128) + 0.5) * (1 << shift) / 1e6


def milliseconds_of(bucket: int) -> float:
    """The same of a bucket of seconds, in milliseconds."""
    if bucket < 256:
        return (bucket + 0.5) / 1000
    shift = (bucket >> 7) - 1
    return ((bucket & 127 | 128) + 0.5) * (1 << shift) / 1000


def merge(histogram: Histogram, other: Histogram) -> None:
    for bucket, count in other.items():
        histogram[bucket] = histogram.get(bucket, 0) + count
