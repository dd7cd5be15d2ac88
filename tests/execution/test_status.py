import traceback

import numpy as np
import pytest

from sklearn_automl.execution import Status, status_of_error
from sklearn_automl.execution._status import end_of, status_of_death


class OutOfMemoryError(RuntimeError):
    """As torch's."""


def text_of(error):
    try:
        raise error
    except type(error):
        return traceback.format_exc()


def too_much():
    try:
        np.empty(2**50)
    except MemoryError:
        return traceback.format_exc()


@pytest.mark.parametrize(
    "text",
    [
        too_much(),
        text_of(MemoryError()),
        text_of(OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")),
        text_of(
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: "
                "can't allocate memory: you tried to allocate 4000000000000 bytes."
            )
        ),
    ],
)
def test_out_of_memory_is_known_whoever_says_it(text):
    assert status_of_error(text) == Status.MEMORY


@pytest.mark.parametrize(
    "error", [ValueError("no"), RuntimeError("shape mismatch"), ValueError("a\nb")]
)
def test_other_errors_are_failures(error):
    assert status_of_error(text_of(error)) == Status.FAILED


def test_only_what_was_raised_in_the_end_counts():
    try:
        try:
            raise MemoryError
        except MemoryError as error:
            raise ValueError("caught and named otherwise") from error
    except ValueError:
        assert status_of_error(traceback.format_exc()) == Status.FAILED


def test_a_status_is_its_word():
    assert str(Status.TIMEOUT) == "timeout"
    assert np.asarray([Status.MEMORY, Status.COMPLETED]).tolist() == [
        "memory",
        "completed",
    ]


def test_only_a_failed_fit_is_the_fault_of_the_fit():
    assert [status for status in Status if status.is_of_the_fit] == [Status.FAILED]


@pytest.mark.parametrize(
    ("death", "expected", "is_explained"),
    [
        ("it was killed by SIGKILL", Status.MEMORY, True),
        ("it was killed by SIGSEGV", Status.CRASHED, False),
        ("it ended with exit code 3", Status.CRASHED, False),
    ],
)
def test_a_worker_that_the_system_killed_had_probably_no_memory(
    death, expected, is_explained
):
    status, text = status_of_death(death)
    assert status == expected
    assert f"so did a second one: {death}." in text
    assert ("memory was short" in text) == is_explained


def test_of_a_long_traceback_the_last_whole_lines_are_kept():
    text = "first\nsecond\nValueError: no"
    assert end_of(text, len(text)) == text
    assert end_of(text, len(text) - 1) == "...\nsecond\nValueError: no"
    assert end_of(text, 16) == "...\nValueError: no"
