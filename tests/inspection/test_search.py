import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_automl.inspection import SearchDisplay
from tests.inspection.tables import halving, plain, search_of


def a_search(**columns):
    """Return a search of four evaluations, of which two had everything."""
    table = {
        "n_resources": np.array([10, 10, 30, 30]),
        "end_time": np.array([2.0, 1.0, 4.0, 7.0]),
        "mean_test_score": np.array([0.5, 0.9, 0.6, 0.7]),
        "mean_fit_time": np.array([1.0, 1.0, 2.0, 3.0]),
        "mean_score_time": np.zeros(4),
        "split0_test_score": np.zeros(4),
        "split1_test_score": np.zeros(4),
    }
    return search_of({**table, **columns})


def points(line):
    return line.get_xdata().tolist(), line.get_ydata().tolist()


def test_the_line_is_the_best_with_all_of_the_resource():
    display = SearchDisplay.from_search(a_search(), x="time")
    (line,) = display.lines_
    assert points(line) == ([4.0, 7.0, 7.0], [0.6, 0.7, 0.7])
    assert line.get_drawstyle() == "steps-post"


def test_before_it_a_dotted_line_is_the_best_with_less():
    (line,) = SearchDisplay.from_search(a_search(), x="time").provisional_
    assert points(line) == ([1.0, 2.0, 4.0], [0.9, 0.9, 0.9])
    assert line.get_linestyle() == ":"


def test_without_a_resource_nothing_is_provisional():
    (line,) = SearchDisplay.from_search(plain()).provisional_
    assert points(line) == ([], [])


@pytest.mark.parametrize(
    ("x", "ends", "label"),
    [
        ("evaluations", [3, 4], "evaluations"),
        ("fit_time", [8, 14], "summed over workers"),  # two folds each
        ("resource", [5 / 3, 8 / 3], "resource spent"),
        ("time", [4, 7], "seconds since"),
    ],
)
def test_what_the_score_is_drawn_against(x, ends, label):
    display = SearchDisplay.from_search(a_search(), x=x)
    np.testing.assert_allclose(display.lines_[0].get_xdata()[:2], ends)
    assert label in display.ax_.get_xlabel()


def test_an_unknown_x_names_those_that_there_are():
    with pytest.raises(ValueError, match=r"x must be one of .*'resource'.* got 'rows'"):
        SearchDisplay.from_search(a_search(), x="rows")


def test_without_times_the_error_names_other_ways():
    with pytest.raises(ValueError, match=r"'end_time'.*Pass x='evaluations'"):
        SearchDisplay.from_search(plain(), x="time")


def test_dots_are_grey_where_an_evaluation_had_less():
    less, full = SearchDisplay.from_search(a_search(), x="time").points_
    assert points(less) == ([1.0, 2.0], [0.9, 0.5])
    assert points(full) == ([4.0, 7.0], [0.6, 0.7])
    assert less.get_color() != full.get_color()


def test_failures_are_marked_at_the_bottom_and_counted():
    scores = np.array([np.nan, 0.9, 0.6, 0.7])
    display = SearchDisplay.from_search(a_search(mean_test_score=scores), x="time")
    assert display.failures_.get_xdata().tolist() == [2.0]
    assert display.failures_.get_label() == "failed (1)"
    assert SearchDisplay.from_search(a_search()).failures_ is None


def test_a_failure_with_an_error_score_is_no_result():
    status = np.array(["completed", "completed", "completed", "failed"])
    display = SearchDisplay.from_search(a_search(status=status), x="time")
    assert set(points(display.lines_[0])[1]) == {0.6}  # and not 0.7


def test_the_dots_of_one_search_explain_little_resource_without_a_second_entry():
    legend = SearchDisplay.from_search(halving(9)).ax_.get_legend()
    assert "with less resource" not in [t.get_text() for t in legend.get_texts()]


def test_searches_are_compared_on_one_axis():
    searches = {"halving": halving(9), "random": plain(9)}
    display = SearchDisplay.compare(searches, x="resource")
    assert len(display.lines_) == 2
    assert len({line.get_color() for line in display.lines_}) == 2
    assert len({line.get_linestyle() for line in display.lines_}) == 2
    names = [text.get_text() for text in display.ax_.get_legend().texts]
    assert names[0].startswith("halving: 0.")
    assert names[1].startswith("random: 0.")
    assert "with less resource" in names
    assert plt.get_fignums() == [display.figure_.number]


def test_a_search_that_is_compared_ends_where_it_ended():
    short, long = a_search(), a_search(end_time=np.array([2.0, 1.0, 4.0, 70.0]))
    display = SearchDisplay.compare({"short": short, "long": long}, x="time")
    assert display.lines_[0].get_xdata().max() == 7
    assert display.ax_.get_xlim()[1] > 70


@pytest.mark.parametrize("searches", [{}, [halving()], None])
def test_what_is_no_dict_of_searches_is_refused(searches):
    with pytest.raises(ValueError, match="searches must be a dict of names"):
        SearchDisplay.compare(searches)


def test_the_constructor_takes_lists():
    curve = {"x": [1, 2, 3], "scores": [0.1, 0.3, 0.2], "is_full": [True] * 3}
    display = SearchDisplay({"mine": curve}).plot()
    assert points(display.lines_[0]) == ([1, 2, 3, 3], [0.1, 0.3, 0.3, 0.3])


def test_folds_that_ran_count_in_the_seconds_of_fits():
    search = a_search(n_folds=np.array([1, 1, 2, 2]))
    display = SearchDisplay.from_search(search, x="fit_time")
    # One fold of a second, twice; then two folds of 2 and of 3 seconds.
    np.testing.assert_allclose(display.lines_[0].get_xdata()[:2], [6, 12])
