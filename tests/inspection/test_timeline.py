import numpy as np
import pytest

from sklearn_automl.inspection import TimelineDisplay
from tests.inspection.tables import halving, plain


def test_a_bar_is_an_evaluation_from_its_start_to_its_end():
    display = TimelineDisplay([0, 2, 5], [2, 4, 9]).plot()
    (bars,) = display.bars_
    assert [bar.get_x() for bar in bars] == [0, 2, 5]
    assert [bar.get_width() for bar in bars] == [2, 2, 4]
    assert display.rows_.tolist() == [0, 0, 0]


def test_evaluations_at_the_same_time_are_in_different_rows():
    display = TimelineDisplay([0, 0, 2, 3], [3, 2, 4, 4]).plot()
    assert display.rows_.tolist() == [1, 0, 0, 1]


def test_a_late_message_of_an_end_makes_no_row_of_its_own():
    display = TimelineDisplay([0, 9.99], [10.0, 20.0]).plot()
    assert display.rows_.tolist() == [0, 0]


def test_evaluations_that_are_shorter_than_such_a_delay_do_not_overlap_others():
    display = TimelineDisplay([0, 0, 0.1], [100, 0.55, 0.2]).plot()
    assert sorted(display.rows_) == [0, 1, 2]


def test_rungs_have_colours_and_names():
    display = TimelineDisplay.from_search(halving(9))
    colors = {bars[0].get_facecolor() for bars in display.bars_}
    assert len(colors) == 3
    names = [t.get_text() for t in display.ax_.get_legend().texts]
    assert names == ["rung 0", "rung 1", "rung 2"]
    assert [len(bars) for bars in display.bars_] == [9, 3, 1]


def test_colours_can_be_amounts_or_brackets():
    search = halving(9, n_brackets=2)
    display = TimelineDisplay.from_search(search, color="resource")
    names = [t.get_text() for t in display.ax_.get_legend().texts]
    assert names == ["100 training rows", "300 training rows", "900 training rows"]
    display = TimelineDisplay.from_search(search, color="bracket")
    names = [t.get_text() for t in display.ax_.get_legend().texts]
    assert names == ["bracket 0", "bracket 1"]
    with pytest.raises(ValueError, match=r"color must be 'rung', .*got 'trial'"):
        TimelineDisplay.from_search(search, color="trial")


def test_failures_are_hatched_and_in_another_colour():
    display = TimelineDisplay.from_search(halving(9, n_failed=2))
    assert len(display.failures_) == 2
    assert display.failures_[0].get_hatch()
    assert display.bars_[0][0].get_hatch() is None
    names = [t.get_text() for t in display.ax_.get_legend().texts]
    assert names[-1] == "failed (2)"


def test_the_idle_share_is_in_the_title():
    # One of two workers has nothing to do for the second half.
    display = TimelineDisplay([0, 0, 2], [2, 2, 4]).plot()
    assert display.idle_share_ == pytest.approx(0.25)
    title = display.ax_.get_title(loc="left")
    assert title == "3 evaluations on 2 workers, idle for 25% of the time"


def test_the_number_of_workers_is_that_of_the_search():
    search = halving(9, n_workers=2)
    search.n_jobs = 4
    assert "on 4 workers" in TimelineDisplay.from_search(search).ax_.get_title("left")
    display = TimelineDisplay.from_search(search, n_workers=3)
    assert "on 3 workers" in display.ax_.get_title("left")
    search.n_jobs = None
    assert "on 2 workers" in TimelineDisplay.from_search(search).ax_.get_title("left")


def test_folds_of_an_evaluation_keep_several_workers_busy():
    search = halving(1, n_rungs=1)
    table = search.cv_results_
    table["n_folds"] = np.array([2])
    search.n_jobs = 2
    # Two folds of the whole length side by side, on two workers.
    assert TimelineDisplay.from_search(search).idle_share_ == pytest.approx(0)
    table["n_folds"] = np.array([1])
    assert TimelineDisplay.from_search(search).idle_share_ == pytest.approx(0.5)


def test_very_short_evaluations_are_seen():
    display = TimelineDisplay([0, 5], [10, 5.000001]).plot()
    assert min(bar.get_width() for bar in display.bars_[0]) >= 0.01


def test_a_table_without_times_is_refused():
    with pytest.raises(ValueError, match=r"'start_time'.*such as ASHASearchCV"):
        TimelineDisplay.from_search(plain())
