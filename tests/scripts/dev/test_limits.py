"""The operations are those of the convolutions, and the line is the one through the times."""

from __future__ import annotations

import pytest

from models.importing.open_network import open_network
from scripts.dev.benchmarks.limits import Work, count_operations, fit, measure_peaks, measure_work


def test_operations_of_two_convolutions() -> None:
    """16 channels of 3 colours, and 16 channels of 16, both 3x3 at 32x48."""
    expected = 2 * 9 * (3 * 16 + 16 * 16) * 32 * 48
    assert count_operations(open_network("world"), "block1_conv2", (32, 48)) == expected


def test_the_line_through_times() -> None:
    line = fit([Work("", 0, operations, 2 + operations / 0.5) for operations in (1.0, 3.0, 10.0)])
    assert line.overhead_ms == pytest.approx(2)
    assert line.rate == pytest.approx(500)
    assert line.deviation == pytest.approx(0, abs=1e-9)


def test_the_deviation_is_that_of_the_worst_time() -> None:
    line = fit([Work("", 0, operations, ms) for operations, ms in ((1.0, 1.0), (2.0, 2.0), (4.0, 4.0), (8.0, 10.0))])
    assert line.deviation > 0.05


@pytest.mark.slow
def test_work_and_peaks_are_measured() -> None:
    peaks = measure_peaks(runs=1)
    assert peaks["fp32"] > 1
    assert peaks["int8"] > 1
    works = list(measure_work(open_network("world"), "int8", runs=1))
    assert [work.side for work in works] == [224] * 4 + [112, 160, 224, 320]
    assert all(work.ms > 0 for work in works)
