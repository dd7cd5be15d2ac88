import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_automl.inspection import SliceDisplay
from tests.inspection.tables import columns_of, halving, plain, search_of


def test_a_dot_is_a_configuration():
    search = plain(12)
    display = SliceDisplay.from_search(search, parameters=["svc__C"])
    (dots,) = display.points_.values()
    values = [p["svc__C"] for p in search.cv_results_["params"]]
    np.testing.assert_allclose(dots.get_xdata(), values)
    np.testing.assert_allclose(dots.get_ydata(), search.cv_results_["mean_test_score"])
    assert display.ax_.get_xscale() == "log"
    assert display.ax_.get_xlabel() == "C"


def test_one_parameter_may_be_a_name():
    assert list(SliceDisplay.from_search(plain(), parameters="svc__C").values)


def test_several_parameters_share_the_place_of_the_axes():
    _, ax = plt.subplots()
    names = ["svc__C", "svc__gamma", "svc__kernel"]
    display = SliceDisplay.from_search(plain(), parameters=names, ax=ax)
    assert [own.get_xlabel() for own in display.axes_] == ["C", "gamma", "kernel"]
    assert display.ax_ is ax
    assert not ax.axison
    # Scores are compared across parameters.
    assert len({own.get_ylim() for own in display.axes_}) == 1


def test_axes_without_a_place_take_one_parameter():
    ax = plt.figure().add_axes((0.1, 0.1, 0.8, 0.8))
    with pytest.raises(ValueError, match="no place in a grid, so 2 parameters"):
        SliceDisplay.from_search(plain(), parameters=["svc__C", "svc__gamma"], ax=ax)
    assert SliceDisplay.from_search(plain(), parameters="svc__C", ax=ax).ax_ is ax


def test_the_dots_of_a_category_are_near_its_tick():
    search = plain(60)
    display = SliceDisplay.from_search(search, parameters="svc__kernel")
    ticks = [t.get_text() for t in display.ax_.get_xticklabels()]
    dots = display.points_["svc__kernel"]
    kernels = [p["svc__kernel"] for p in search.cv_results_["params"]]
    assert [ticks[round(x)] for x in dots.get_xdata()] == kernels
    assert len(set(dots.get_xdata())) == 60


def test_scores_with_less_resource_are_grey():
    display = SliceDisplay.from_search(halving(9), parameters="svc__C")
    assert len(display.others_["svc__C"].get_xdata()) == 8
    assert len(display.points_["svc__C"].get_xdata()) == 1


def test_failures_are_marked_at_their_value():
    search = plain(12, n_failed=2)
    display = SliceDisplay.from_search(search, parameters="svc__C")
    failed = np.isnan(search.cv_results_["mean_test_score"])
    values = np.array([p["svc__C"] for p in search.cv_results_["params"]])
    np.testing.assert_allclose(display.failures_["svc__C"].get_xdata(), values[failed])


def test_of_many_parameters_the_most_important_are_drawn():
    rng = np.random.default_rng(0)
    configs = [
        {f"p{i}": x for i, x in enumerate(rng.uniform(size=9))} for _ in "x" * 60
    ]
    scores = np.array([10 * c["p8"] + 5 * c["p2"] for c in configs])
    search = search_of({**columns_of(configs), "mean_test_score": scores})
    names = list(SliceDisplay.from_search(search).values)
    assert len(names) == 6
    assert {"p2", "p8"} <= set(names)


def test_where_a_parameter_does_not_exist_there_is_no_dot():
    search = plain(60)
    display = SliceDisplay.from_search(search, parameters="svc__degree")
    x = display.points_["svc__degree"].get_xdata()
    n = sum("svc__degree" in p for p in search.cv_results_["params"])
    assert np.isfinite(x).sum() == n < 60
