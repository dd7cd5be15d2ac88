import numpy as np
import pytest

from sklearn_automl.inspection import ParetoFrontDisplay
from sklearn_automl.model_selection import pareto_front
from tests.inspection.tables import halving, networks, plain, two_metrics

LABELS = ("x", "y")


def test_the_front_is_what_no_other_one_beats():
    display = ParetoFrontDisplay([1, 2, 3, 2], [3, 2, 1, 1], LABELS).plot()
    assert display.front_.tolist() == [0, 1, 2]
    assert display.line_.get_xdata().tolist() == [1, 2, 3]
    assert display.points_.get_xdata().tolist() == [2]


def test_less_of_a_cost_is_better():
    args = ([1, 2, 3, 3], [3, 4, 5, 4], LABELS)
    assert ParetoFrontDisplay(*args).plot().front_.tolist() == [2]
    display = ParetoFrontDisplay(*args, is_cost=(True, False)).plot()
    assert display.front_.tolist() == [0, 1, 2]


def test_equal_ones_are_all_in_the_front():
    display = ParetoFrontDisplay([1, 1, 1], [2, 2, 1], LABELS).plot()
    assert sorted(display.front_) == [0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_front_of_the_function(seed):
    search = two_metrics(60, seed)
    front = ParetoFrontDisplay.from_search(search).front_
    assert sorted(front) == pareto_front(search.cv_results_).tolist()


def test_it_is_the_front_of_the_function_with_seconds():
    search = plain(60, 3)
    display = ParetoFrontDisplay.from_search(search)
    rows = np.flatnonzero(np.isfinite(search.cv_results_["mean_test_score"]))
    expected = pareto_front(search.cv_results_, ["score", "mean_score_time"])
    assert sorted(rows[display.front_]) == expected.tolist()


def test_of_a_single_metric_the_seconds_of_scoring_are_the_other_axis():
    ax = ParetoFrontDisplay.from_search(plain()).ax_
    assert ax.get_xlabel() == "seconds to score one fold (less is better)"
    assert ax.get_ylabel() == "mean test score (accuracy) (more is better)"


def test_only_evaluations_with_the_most_resource_are_drawn():
    display = ParetoFrontDisplay.from_search(halving(27))
    assert len(display.x) == 3


def test_the_choice_of_refit_has_a_star():
    search = two_metrics()
    display = ParetoFrontDisplay.from_search(search)
    at = search.cv_results_["mean_test_accuracy"][search.best_index_]
    assert display.chosen_.get_xdata() == [at]


def test_networks_are_compared_by_their_weights():
    names = ["n_parameters", "score"]
    display = ParetoFrontDisplay.from_search(networks(), metrics=names)
    assert display.is_cost == (True, False)
    assert display.ax_.get_xscale() == "log"


@pytest.mark.parametrize("metrics", [["accuracy"], "accuracy", ["a", "b", "c"]])
def test_two_metrics_are_needed(metrics):
    with pytest.raises(ValueError, match="metrics must be two names"):
        ParetoFrontDisplay.from_search(two_metrics(), metrics=metrics)


def test_an_unknown_metric_names_those_that_there_are():
    with pytest.raises(ValueError, match=r"'f1'.*\['accuracy', 'recall'\].*fit_time"):
        ParetoFrontDisplay.from_search(two_metrics(), metrics=["accuracy", "f1"])
