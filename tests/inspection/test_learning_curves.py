import numpy as np
import pytest

from sklearn_automl.inspection import LearningCurvesDisplay
from tests.inspection.tables import halving, plain


def test_a_line_is_a_configuration_with_its_amounts_and_scores():
    display = LearningCurvesDisplay.from_search(halving(9))
    assert len(display.lines_) == 9
    best = display.lines_[display.best]
    assert best.get_xdata().tolist() == [100, 300, 900]
    rows = display.trials == display.best
    np.testing.assert_allclose(best.get_ydata(), display.scores[rows])


def test_survivors_have_another_colour_than_those_that_were_stopped():
    display = LearningCurvesDisplay.from_search(halving(9))
    survivors = {
        line.get_color()
        for line in display.lines_.values()
        if line.get_xdata()[-1] == 900
    }
    others = {
        line.get_color()
        for line in display.lines_.values()
        if line.get_xdata()[-1] < 900
    }
    assert len(survivors) == len(others) == 1
    assert survivors != others


def test_a_dot_is_where_a_configuration_was_stopped():
    display = LearningCurvesDisplay.from_search(halving(9))
    amounts = display.stopped_.get_xdata()
    assert sorted(amounts) == [100] * 6 + [300] * 2


def test_the_axis_is_logarithmic_with_a_tick_for_each_amount():
    ax = LearningCurvesDisplay.from_search(halving(9)).ax_
    assert ax.get_xscale() == "log"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["100", "300", "900"]
    assert ax.get_xlabel() == "training rows"


def test_amounts_of_a_factor_of_two_are_on_a_linear_axis():
    search = halving(9)
    search.cv_results_["n_resources"] = search.cv_results_["rung"] * 2 + 3
    assert LearningCurvesDisplay.from_search(search).ax_.get_xscale() == "linear"


def test_with_folds_that_grow_the_amount_is_that_of_all_folds():
    search = halving(9)
    search.cv_results_["n_folds"] = search.cv_results_["rung"] + 1
    display = LearningCurvesDisplay.from_search(search)
    assert sorted(set(display.amounts)) == [100, 600, 2700]
    assert display.ax_.get_xlabel() == "training rows, all folds together"


@pytest.mark.parametrize(
    ("resource", "label"),
    [
        ("n_folds", "folds"),
        ("partial_fit", "passes over the rows"),
        ("clf__max_iter", "max_iter"),
    ],
)
def test_the_resource_is_named(resource, label):
    search = halving(9, resource=resource)
    assert LearningCurvesDisplay.from_search(search).ax_.get_xlabel() == label


def test_failures_are_marked_at_their_amount():
    display = LearningCurvesDisplay.from_search(halving(9, n_failed=2))
    assert display.failures_.get_xdata().tolist() == [100, 100]


def test_one_rung_is_a_column_of_dots():
    display = LearningCurvesDisplay.from_search(halving(9, n_rungs=1))
    low, high = display.ax_.get_xlim()
    assert low < 100 < high
    assert all(len(line.get_xdata()) == 1 for line in display.lines_.values())


def test_trials_of_brackets_begin_with_different_amounts():
    display = LearningCurvesDisplay.from_search(halving(9, n_brackets=2))
    begins = [line.get_xdata()[0] for line in display.lines_.values()]
    assert sorted(begins) == [100] * 9 + [300] * 9


def test_a_curve_that_reached_the_end_is_never_cut_off():
    # Far below all others, among forty that were stopped.
    trials, amounts = [*range(41), 0], [1] * 41 + [3]
    scores = [0.1] + [0.9] * 40 + [0.2]
    low, _ = LearningCurvesDisplay(trials, amounts, scores).plot().ax_.get_ylim()
    assert low < 0.1


def test_a_table_without_amounts_is_refused():
    with pytest.raises(ValueError, match="column 'n_resources'"):
        LearningCurvesDisplay.from_search(plain())


def test_few_amounts_are_all_ticks_that_there_are():
    axis = LearningCurvesDisplay.from_search(halving(9)).ax_.xaxis
    assert axis.get_majorticklocs().tolist() == [100, 300, 900]
    assert axis.get_minorticklocs().tolist() == []
