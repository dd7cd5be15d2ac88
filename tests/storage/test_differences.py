import pytest

from sklearn_automl.storage import describe
from sklearn_automl.storage._differences import differences


def found(before, now):
    return list(differences("p", describe(before), describe(now)))


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"C": [1, 2]}, {"C": [1, 3]}, [("p['C'][1]", "2", "3")]),
        ({"a, b": "(", "c": 1}, {"a, b": "(", "c": 2}, [("p['c']", "1", "2")]),
        (['it\'s, "so"', 1], ['it\'s, "so"', 2], [("p[1]", "1", "2")]),
        ([1, 2, 3], [3, 2, 1], [("p[0]", "1", "3"), ("p[2]", "3", "1")]),
        ("a(1)", "a(2)", [("p", "'a(1)'", "'a(2)'")]),
        (None, 7, [("p", "None", "7")]),
        ([None, 1], [True, 1], [("p[0]", "None", "True")]),
        (["x=1"], ["x=2"], [("p[0]", "'x=1'", "'x=2'")]),
        ({"a": 1, "b": 2}, {"b": 2}, [("p['a']", "1", "not given")]),
        ({"b": 2}, {"a": [1], "b": 2}, [("p['a']", "not given", "list(1)")]),
    ],
)
def test_only_parts_that_differ_are_named(before, now, expected):
    assert found(before, now) == expected


@pytest.mark.parametrize("pair", [([1], [1, 2]), ([1], (1,)), ({}, {"b": 1})])
def test_what_has_other_parts_is_named_as_a_whole(pair):
    assert found(*pair) == [("p", *map(describe, pair))]


def test_names_that_begin_alike_hide_no_difference():
    before, now = {"a: b": 1, "a: c": 2}, {"a: b": 7, "a: c": 2}
    assert found(before, now) == [("p", describe(before), describe(now))]


def test_parts_in_another_order_are_a_difference():
    assert list(differences("p", "T(a=1, b=2)", "T(b=2, a=1)"))


def test_long_values_are_cut_around_the_difference():
    [(_, before, now)] = found("x" * 5000 + "old", "x" * 5000 + "new")
    assert "old" in before
    assert "new" in now
    assert max(len(before), len(now)) < 210


def test_long_values_that_differ_at_once_are_cut_at_the_end_only():
    [(_, before, now)] = found("old" + "x" * 500, "new" + "x" * 500)
    assert (before[:5], now[:5]) == ("'oldx", "'newx")
    assert before.endswith("x...")


def test_a_description_that_was_cut_is_compared_as_a_text():
    [(name, before, now)] = differences("p", "Tree(a=1, b=2... [1f]", "Tree(a=1, b=3)")
    assert (name, before, now) == ("p", "Tree(a=1, b=2... [1f]", "Tree(a=1, b=3)")
