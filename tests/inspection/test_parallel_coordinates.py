import numpy as np

from sklearn_automl.inspection import ParallelCoordinatesDisplay
from tests.inspection.tables import columns_of, halving, plain, race, search_of


def test_a_line_is_a_configuration_from_parameter_to_score():
    configs = [{"a": 0, "b": 10}, {"a": 1, "b": 20}, {"a": 2, "b": 15}]
    search = search_of(
        {**columns_of(configs), "mean_test_score": np.array([0.1, 0.3, 0.2])}
    )
    display = ParallelCoordinatesDisplay.from_search(search)
    lines = [segment[:, 1].tolist() for segment in display.lines_.get_segments()]
    # The worst one first.
    np.testing.assert_allclose(lines, [[0, 0, 0], [1, 0.5, 0.5], [0.5, 1, 1]])


def test_the_best_line_is_thick():
    display = ParallelCoordinatesDisplay.from_search(plain(20))
    best = display.lines_.get_segments()[-1]
    np.testing.assert_allclose(display.best_.get_ydata(), best[:, 1])
    assert display.best_.get_linewidth() > 2 * display.lines_.get_linewidths()[0]


def test_axes_are_named_and_the_score_is_the_last():
    ax = ParallelCoordinatesDisplay.from_search(plain(20)).ax_
    names = [t.get_text() for t in ax.get_xticklabels()]
    assert names[:2] == ["C", "gamma"]
    assert names[-1] == "mean test score\n(accuracy)"


def test_logarithmic_parameters_have_powers_of_ten_as_ticks():
    display = ParallelCoordinatesDisplay.from_search(plain(20), parameters=["svc__C"])
    texts = {t.get_text(): t.get_position()[1] for t in display.ax_.texts}
    np.testing.assert_allclose([texts["0.001"], texts["1"], texts["1000"]], [0, 0.5, 1])


def test_numbers_have_ticks_from_the_smallest_to_the_largest():
    scores = {"mean_test_score": np.linspace(0.2, 0.3, 5)}
    search = search_of({**columns_of([{"a": 10.0 * i} for i in range(5)]), **scores})
    display = ParallelCoordinatesDisplay.from_search(search)
    heights = {t.get_text(): t.get_position()[1] for t in display.ax_.texts}
    for texts in (
        ("0", "10", "20", "30", "40"),
        ("0.200", "0.225", "0.250", "0.275", "0.300"),
    ):
        assert [heights[text] for text in texts] == [0, 0.25, 0.5, 0.75, 1]


def test_a_parameter_that_does_not_exist_has_a_place_below():
    display = ParallelCoordinatesDisplay.from_search(plain(30))
    heights = np.array([s[:, 1] for s in display.lines_.get_segments()])
    assert (heights < 0).any(axis=0).tolist() == [False, False, False, True, False]
    assert "not used" in [t.get_text() for t in display.ax_.texts]


def test_failures_are_counted_and_not_drawn():
    display = ParallelCoordinatesDisplay.from_search(plain(12, n_failed=2))
    assert len(display.lines_.get_segments()) == 10
    title = display.ax_.get_title(loc="left")
    assert title.startswith("10 configurations, 2 failed and are not drawn")


def test_only_scores_with_one_amount_of_resource_are_drawn():
    display = ParallelCoordinatesDisplay.from_search(halving(9))
    assert len(display.lines_.get_segments()) == 9
    names = [t.get_text() for t in display.ax_.get_xticklabels()]
    assert "100" in names[-1].replace("\n", " ")


def test_a_bad_score_does_not_press_the_others_together():
    search = plain(20)
    scores = search.cv_results_["mean_test_score"]
    scores[:] = np.linspace(0.90, 0.99, 20)
    scores[0] = -1000
    display = ParallelCoordinatesDisplay.from_search(search)
    heights = [s[-1, 1] for s in display.lines_.get_segments()]
    assert heights[10] < 0.9
    assert any(t.get_text().startswith("≤") for t in display.ax_.texts)


def test_a_score_far_below_the_median_but_above_zero_is_far_too():
    search = plain(20)
    scores = search.cv_results_["mean_test_score"]
    scores[:] = np.linspace(0.90, 0.99, 20)
    scores[0] = 0.2
    display = ParallelCoordinatesDisplay.from_search(search)
    heights = [s[-1, 1] for s in display.lines_.get_segments()]
    # The median is a third of the way down from the best.
    np.testing.assert_allclose(np.median(heights), 2 / 3)


def test_equal_scores_are_drawn_in_the_middle():
    search = plain(5)
    search.cv_results_["mean_test_score"][:] = 0.5
    display = ParallelCoordinatesDisplay.from_search(search)
    assert {s[-1, 1] for s in display.lines_.get_segments()} == {0.5}


def test_a_race_is_drawn_with_all_its_candidates():
    display = ParallelCoordinatesDisplay.from_search(race(20, n_failed=2))
    np.testing.assert_array_equal(
        np.sort(display.scores),
        np.sort(race(20, 2).cv_results_["split0_test_score"])[:18],
    )
    assert display.n_failed == 2
