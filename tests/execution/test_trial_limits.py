import os

import numpy as np
import pytest

from sklearn_automl._processes import resident_memory
from sklearn_automl.execution import Status, TrialLimits
from sklearn_automl.execution._trial_limits import bytes_of


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, None),
        (1000, 1000),
        (1e9, 10**9),
        ("2GB", 2 * 10**9),
        ("2GiB", 2 * 2**30),
        ("1.5 gb", 15 * 10**8),
        ("512 MiB", 2**29),
        ("300k", 300_000),
        ("1000", 1000),
        ("7B", 7),
    ],
)
def test_memory_is_a_number_or_a_text_with_a_unit(limit, expected):
    assert bytes_of(limit) == expected


@pytest.mark.parametrize("limit", ["", "GB", "2 GBit", "much", "-1GB", "0", 0.5, "1e9"])
def test_other_texts_are_refused_with_what_is_allowed(limit):
    with pytest.raises(ValueError, match=r"trial_memory_limit=.*'2GB'"):
        bytes_of(limit)


def test_without_limits_there_is_nothing_to_exceed():
    assert not TrialLimits()
    assert TrialLimits().exceeded(1e9, 10**12) is None


def test_the_limit_that_was_exceeded_is_named():
    limits = TrialLimits(timeout=2.0, memory=10**9)
    assert limits
    assert limits.exceeded(1.9, 10**9) is None
    status, why = limits.exceeded(2.0, 0)
    assert (status, why.count("trial_timeout=2 seconds")) == (Status.TIMEOUT, 1)
    status, why = limits.exceeded(0.0, 2 * 10**9)
    assert status == Status.MEMORY
    assert "2,000 MB, more than trial_memory_limit=1,000 MB" in why


def test_limits_are_made_of_the_parameters_of_a_search():
    assert TrialLimits.of(2.0, "2GB") == TrialLimits(2.0, 2 * 10**9)
    assert TrialLimits.of(2.0, None) == TrialLimits(2.0, None)
    assert TrialLimits.of(None, "100MB").memory == 100 * 10**6


def test_less_memory_than_a_worker_needs_to_start_is_refused():
    with pytest.raises(
        ValueError, match=r"'99MB' is 99,000,000 bytes, less than the 100"
    ):
        TrialLimits.of(None, "99MB")


def test_unknown_memory_exceeds_nothing():
    assert TrialLimits(memory=1).exceeded(0.0, None) is None


def test_resident_memory_grows_with_what_is_in_memory():
    before = resident_memory(os.getpid())
    block = np.ones(10_000_000)
    assert resident_memory(os.getpid()) - before > 0.9 * block.nbytes


def test_a_process_that_is_not_there_has_no_memory():
    assert resident_memory(2**22 + 1) is None
