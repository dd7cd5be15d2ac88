"""Cases that come in turn are all run, and an error names its case."""

import inspect

import pytest

from tests.cases import in_turn, in_turn_for_each


def test_every_case_is_run_with_every_other():
    seen = []

    @in_turn("a", [1, 2])
    @in_turn(("b", "c"), [("x", 3), ("y", 4)])
    def run(a, b, c, fixture):
        seen.append((a, b, c, fixture))

    assert list(inspect.signature(run).parameters) == ["fixture"]
    run(fixture=0)
    assert seen == [(1, "x", 3, 0), (1, "y", 4, 0), (2, "x", 3, 0), (2, "y", 4, 0)]


def test_there_is_a_test_for_each_first_value():
    seen = []

    @in_turn_for_each(("a", "b"), [(1, "x"), (2, "x"), (1, "y")])
    def run(a, b):
        seen.append((a, b))

    (mark,) = run.pytestmark
    assert list(mark.args[1]) == [1, 2]
    run(a=1)
    assert seen == [(1, "x"), (1, "y")]


@pytest.mark.parametrize("error", [AssertionError(), pytest.fail.Exception()])
def test_an_error_names_its_case(error):
    @in_turn("a", [1, 2])
    def run(a):
        if a == 2:
            raise error

    with pytest.raises(type(error)) as caught:
        run()
    assert caught.value.__notes__ == ["In the case of {'a': 2}."]
