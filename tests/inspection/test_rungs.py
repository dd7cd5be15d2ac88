import numpy as np
import pytest

from sklearn_automl.inspection import RungsDisplay
from tests.inspection.tables import grown, halving, plain, search_of


def texts(display):
    return [text.get_text() for text in display.ax_.texts]


def test_who_went_up_is_blue_and_who_was_stopped_is_grey():
    display = RungsDisplay.from_search(halving(9))
    # 3 of 9, then 1 of 3, and the one on top.
    assert len(display.promoted_.get_xdata()) == 3 + 1 + 1
    assert len(display.stopped_.get_xdata()) == 6 + 2
    assert display.promoted_.get_color() != display.stopped_.get_color()


def test_the_best_of_each_rung_are_those_that_went_up():
    search = halving(9)
    display = RungsDisplay.from_search(search)
    first = np.asarray(search.cv_results_["rung"]) == 0
    scores = np.sort(search.cv_results_["mean_test_score"][first])
    x, y = display.promoted_.get_xdata(), display.promoted_.get_ydata()
    np.testing.assert_allclose(np.sort(y[x < 0.5]), scores[-3:])


def test_a_line_joins_the_scores_of_a_configuration():
    display = RungsDisplay.from_search(halving(9))
    segments = display.lines_.get_segments()
    assert len(segments) == 3 + 1
    trials, scores = display.trials, display.scores
    first = np.flatnonzero((display.rungs == 0) & (trials == trials[9]))[0]
    assert [y for _, y in segments[0]] == pytest.approx([scores[first], scores[9]])


def test_the_numbers_say_how_many_went_up():
    assert texts(RungsDisplay.from_search(halving(9)))[:3] == [
        "3 of 9 ↗",
        "1 of 3 ↗",
        "1",
    ]


def test_ticks_are_rungs_with_their_amounts():
    ax = RungsDisplay.from_search(halving(9)).ax_
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["rung 0\n100", "rung 1\n300", "rung 2\n900"]
    assert ax.get_xlabel() == "training rows"


def test_folds_are_named_where_rungs_differ_in_them():
    search = halving(9)
    search.cv_results_["n_folds"] = search.cv_results_["rung"] + 1
    ax = RungsDisplay.from_search(search).ax_
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[1] == "rung 1\n300\non 2 folds"


def test_brackets_are_beside_each_other():
    display = RungsDisplay.from_search(halving(9, n_brackets=3))
    assert [t for t in texts(display) if t.startswith("bracket")] == [
        "bracket 0",
        "bracket 1",
        "bracket 2",
    ]
    ticks = display.ax_.get_xticks()
    np.testing.assert_allclose(np.diff(ticks), [1, 1, 1.5, 1, 1.5])


def test_brackets_can_be_chosen():
    display = RungsDisplay.from_search(halving(9, n_brackets=3), brackets=[1])
    assert set(display.brackets) == {1}
    with pytest.raises(ValueError, match=r"brackets=\[7\] must be brackets of .*2\]"):
        RungsDisplay.from_search(halving(9, n_brackets=3), brackets=[7])


@pytest.mark.parametrize(
    ("best", "shown"), [(2, {0, 1, 2, 3}), (32, {7, 8, 9, 10}), (59, {16, 17, 18, 19})]
)
def test_of_many_brackets_the_winners_and_its_neighbours_are_drawn(best, shown):
    n = 20  # of three rungs each
    table = {
        "trial_id": np.arange(3 * n),
        "bracket": np.repeat(np.arange(n), 3),
        "rung": np.tile([0, 1, 2], n),
        "mean_test_score": np.linspace(0, 1, 3 * n),
    }
    search = search_of(table, best_index_=best)
    display = RungsDisplay.from_search(search)
    assert set(display.brackets) == shown
    assert "(4 of 20 brackets are drawn)" in display.ax_.get_xlabel()
    assert display.best_ is not None


def test_the_winner_has_a_star():
    search = halving(9)
    display = RungsDisplay.from_search(search)
    best = search.cv_results_["mean_test_score"][search.best_index_]
    assert display.best_.get_ydata() == [best]


def test_failures_are_marked():
    display = RungsDisplay.from_search(halving(9, n_failed=2))
    assert display.failures_.get_label() == "failed (2)"
    assert RungsDisplay.from_search(halving(9)).failures_ is None


def test_one_rung_is_a_column_of_dots():
    display = RungsDisplay.from_search(halving(9, n_rungs=1))
    assert len(display.promoted_.get_xdata()) == 9
    assert display.promoted_.get_label() == "evaluated"
    assert not display.lines_.get_segments()


@pytest.mark.parametrize("make", [halving, grown])
def test_rungs_of_scikit_learns_halving_are_its_iterations(make):
    search = make(9)
    table = search.cv_results_
    table["iter"] = table.pop("rung")
    for name in ("trial_id", "bracket", "n_folds", "status"):
        table.pop(name)
    display = RungsDisplay.from_search(search)
    assert len(display.lines_.get_segments()) == 4


def test_a_search_without_rungs_is_refused():
    with pytest.raises(ValueError, match=r"column 'rung'.*SuccessiveHalvingSearchCV"):
        RungsDisplay.from_search(plain())
