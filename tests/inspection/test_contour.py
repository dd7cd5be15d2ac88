import numpy as np
import pytest

from sklearn_automl.inspection import ContourDisplay
from tests.inspection.tables import columns_of, halving, plain, search_of

TWO = ["svc__C", "svc__gamma"]


def test_the_place_of_a_dot_is_its_configuration_and_its_colour_the_score():
    search = plain(20)
    display = ContourDisplay.from_search(search, parameters=TWO)
    params = search.cv_results_["params"]
    expected = [[p["svc__C"], p["svc__gamma"]] for p in params]
    np.testing.assert_allclose(display.points_.get_offsets(), expected)
    scores = search.cv_results_["mean_test_score"]
    np.testing.assert_allclose(display.points_.get_array(), scores)


def test_both_axes_are_logarithmic_up_to_the_bounds():
    ax = ContourDisplay.from_search(plain(20), parameters=TWO).ax_
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    low, high = ax.get_xlim()
    assert 1e-4 < low < 1e-3
    assert 1e3 < high < 1e4


def test_between_numbers_there_is_a_surface_and_between_categories_none():
    assert ContourDisplay.from_search(plain(20), parameters=TWO).surface_ is not None
    names = ["svc__kernel", "svc__C"]
    assert ContourDisplay.from_search(plain(20), parameters=names).surface_ is None
    assert ContourDisplay.from_search(plain(4), parameters=TWO).surface_ is None


def test_configurations_on_a_line_are_drawn():
    configs = [{"a": i, "b": 2 * i} for i in range(8)]
    search = search_of({**columns_of(configs), "mean_test_score": np.arange(8.0)})
    assert ContourDisplay.from_search(search).surface_ is not None


def test_the_two_most_important_parameters_are_drawn():
    display = ContourDisplay.from_search(plain(80))
    assert {display.x.name, display.y.name} == set(TWO)


def test_two_parameters_are_needed():
    with pytest.raises(ValueError, match=r"needs two parameters, got .*SliceDisplay"):
        ContourDisplay.from_search(plain(), parameters=["svc__C"])


def test_only_scores_with_one_amount_of_resource_are_drawn():
    display = ContourDisplay.from_search(halving(9), parameters=TWO)
    assert len(display.points_.get_offsets()) == 9
    label = display.colorbar_.ax.get_ylabel()
    assert label == "mean test score (accuracy)\nwith 100 training rows"


def test_failures_are_marked_where_they_are():
    display = ContourDisplay.from_search(plain(20, n_failed=3), parameters=TWO)
    assert len(display.failures_.get_xdata()) == 3
    assert len(display.points_.get_offsets()) == 17


def test_a_bad_score_does_not_hide_the_differences_of_good_ones():
    search = plain(20)
    scores = search.cv_results_["mean_test_score"]
    scores[:] = np.linspace(0.90, 0.99, 20)
    scores[0] = -1000
    display = ContourDisplay.from_search(search, parameters=TWO)
    assert display.points_.get_clim()[0] > 0.9
