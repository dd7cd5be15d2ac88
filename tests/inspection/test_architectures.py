import numpy as np
import pytest

from sklearn_automl.inspection import ArchitecturesDisplay, draw
from tests.inspection.tables import networks, plain


def test_a_dot_is_an_architecture():
    search = networks(12)
    display = ArchitecturesDisplay.from_search(search)
    table = search.cv_results_
    np.testing.assert_allclose(display.points_.get_xdata(), table["n_parameters"])
    np.testing.assert_allclose(display.points_.get_ydata(), table["mean_test_score"])
    assert display.ax_.get_xscale() == "log"


def test_the_reference_is_the_first_trial():
    search = networks(12)
    display = ArchitecturesDisplay.from_search(search)
    assert display.reference_.get_xdata() == [search.cv_results_["n_parameters"][0]]
    assert display.reference_.get_label() == "reference"


def test_without_a_reference_there_is_no_square():
    search = networks(12)
    search.reference_score_ = None
    assert ArchitecturesDisplay.from_search(search).reference_ is None


def test_the_winner_has_a_star():
    search = networks(12)
    display = ArchitecturesDisplay.from_search(search)
    best = search.cv_results_["mean_test_score"][search.best_index_]
    assert display.best_.get_ydata() == [best]


def test_those_with_fewer_epochs_are_grey():
    search = networks(12)
    search.cv_results_["n_resources"][:4] = 5
    display = ArchitecturesDisplay.from_search(search)
    assert len(display.others_.get_xdata()) == 4
    assert display.points_.get_label() == "trained in full"


def test_of_an_architecture_that_was_trained_twice_the_last_one_counts():
    search = networks(6)
    table = search.cv_results_
    table["trial_id"] = np.array([0, 1, 2, 3, 4, 4])
    table["n_resources"][4] = 5
    display = ArchitecturesDisplay.from_search(search)
    assert len(display.points_.get_xdata()) == 5
    assert len(display.others_.get_xdata()) == 0


def test_failures_are_marked_at_their_size():
    display = ArchitecturesDisplay.from_search(networks(12, n_failed=2))
    assert len(display.failures_.get_xdata()) == 2


def test_another_search_is_refused():
    with pytest.raises(ValueError, match=r"'n_parameters'.*NASClassifier"):
        ArchitecturesDisplay.from_search(plain())


def test_networks_have_a_kind_of_their_own():
    assert isinstance(draw(networks(), "architectures"), ArchitecturesDisplay)
