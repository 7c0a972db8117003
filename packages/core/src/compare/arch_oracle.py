"""Writes arch-oracle.json: what the Python package arch 8.0.0 finds in series that the tests read.

Not part of the tests, because arch needs SciPy and pandas. Run it again after a change of the series:
``uv run --with arch==8.0.0 packages/core/src/compare/arch_oracle.py``
"""

import json
from pathlib import Path

import numpy
from arch.bootstrap import CircularBlockBootstrap, optimal_block_length


def series(length: int, correlation: float, seed: int) -> list[float]:
    """An autoregressive series of order 1 about 100, rounded so that JSON keeps it."""
    generator = numpy.random.default_rng(seed)
    values = [0.0]
    for noise in generator.normal(size=length - 1):
        values.append(correlation * values[-1] + noise)
    return [round(100 + 10 * value, 6) for value in values]


def row(length: int, correlation: float, seed: int) -> dict:
    values = numpy.array(series(length, correlation, seed))
    block = float(optimal_block_length(values)["circular"].iloc[0])
    rounded = max(1, int(numpy.ceil(block)))
    bootstrap = CircularBlockBootstrap(rounded, values, seed=1)
    means = numpy.array(bootstrap.apply(numpy.mean, 20_000))
    return {
        "correlation": correlation,
        "values": values.tolist(),
        "blockLength": block,
        "deviation": float(means.std()),
        "interval": [float(limit) for limit in numpy.quantile(means, [0.025, 0.975])],
    }


if __name__ == "__main__":
    cases = [row(n, rho, seed) for seed, n in enumerate((60, 120, 600)) for rho in (0.0, 0.5, 0.8, 0.95)]
    Path(__file__).with_name("arch-oracle.json").write_text(json.dumps(cases) + "\n")
