"""The falls of an index, one after the other; docs/algorithms/risk.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portfolios.domain.arrays import Floats


@dataclass(frozen=True, slots=True)
class Fall:
    """One fall below a high: `depth` as a positive fraction of it.

    Positions in the series: `peak` is the last one at the high before the fall, `trough` the lowest, and
    `recovery` the first back at the high (None: not yet).
    """

    depth: float
    peak: int
    trough: int
    recovery: int | None


def falls(index: Floats) -> list[Fall]:
    """List the falls of an index, the deepest first; of equal ones the earlier first."""
    under = index < np.maximum.accumulate(index)
    if not under.any():
        return []
    edges = np.flatnonzero(np.diff(under.astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]
    depth = 1.0 - index / np.maximum.accumulate(index)
    found = [_fall(depth, int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
    return sorted(found, key=lambda fall: (-fall.depth, fall.peak))


def _fall(depth: Floats, start: int, end: int) -> Fall:
    """Read one fall from its days below the high, ``start <= day < end``."""
    trough = start + int(depth[start:end].argmax())
    return Fall(float(depth[trough]), start - 1, trough, end if end < len(depth) else None)
