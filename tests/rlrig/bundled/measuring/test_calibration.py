"""Figures of answers whose right ones are known."""

import pytest

from rlrig.bundled.measuring.calibration import Mark, calibration_error, quality


def test_calibration_error_is_the_gap_between_confidence_and_truth():
    sure_and_right = [Mark("exists", 1.0, True)] * 5 + [Mark("exists", 0.0, False)] * 5
    sure_and_half_wrong = [Mark("count", 0.95, n % 2 == 0) for n in range(10)]
    assert calibration_error(sure_and_right) == 0
    assert calibration_error(sure_and_half_wrong) == pytest.approx(0.45)
    found = quality([*sure_and_right, *sure_and_half_wrong])
    assert (found["accuracy"], found["exists"], found["count"]) == (0.75, 1.0, 0.5)
