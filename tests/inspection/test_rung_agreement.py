import warnings

import numpy as np
import pytest

from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.inspection import RungAgreementDisplay, rung_agreement
from tests.inspection.tables import halving, plain, search_of


def two_rungs(lower, upper, bracket=None):
    """Return a search with scores of the same trials on two rungs."""
    n = len(lower)
    brackets = np.zeros(n, int) if bracket is None else np.asarray(bracket)
    table = {
        "trial_id": np.tile(np.arange(n), 2),
        "bracket": np.tile(brackets, 2),
        "rung": np.repeat([0, 1], n),
        "n_resources": np.repeat([10, 30], n),
        "mean_test_score": np.array([*lower, *upper], dtype=float),
    }
    return search_of(table)


def test_the_same_order_is_one_and_the_reverse_is_minus_one():
    agreement = rung_agreement(two_rungs([1, 2, 3, 4], [10, 20, 25, 90]))
    np.testing.assert_allclose(agreement["correlation"], [1])
    assert agreement["lower"].tolist() == ["10 training rows"]
    assert agreement["upper"].tolist() == ["30 training rows"]
    assert agreement["n_trials"].tolist() == [4]
    agreement = rung_agreement(two_rungs([1, 2, 3, 4], [4, 3, 2, 1]))
    np.testing.assert_allclose(agreement["correlation"], [-1])


def test_it_is_spearmans_correlation():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    lower = rng.integers(0, 8, 30)  # with ties
    upper = lower + rng.integers(0, 8, 30)
    (ours,) = rung_agreement(two_rungs(lower, upper))["correlation"]
    assert ours == pytest.approx(spearmanr(lower, upper).statistic)


def test_brackets_with_the_same_amounts_are_one_row():
    # Each bracket has too few configurations to tell.
    search = two_rungs([1, 2, 3, 4], [11, 12, 13, 14], [0, 1, 2, 3])
    agreement = rung_agreement(search)
    assert agreement["n_trials"].tolist() == [4]
    np.testing.assert_allclose(agreement["correlation"], [1])


def test_no_agreement_is_warned_of_with_what_to_do():
    search = two_rungs(range(8), range(8, 0, -1))
    text = r"10 training rows.*do not predict.*30 training rows.*larger min_resources"
    with pytest.warns(SearchWarning, match=text):
        rung_agreement(search)


def test_few_configurations_are_no_reason_to_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rung_agreement(two_rungs(range(7), range(7, 0, -1)))
        rung_agreement(halving(27))


def test_of_two_configurations_and_of_equal_scores_nothing_is_known():
    assert np.isnan(rung_agreement(two_rungs([1, 2], [2, 1]))["correlation"]).all()
    equal = rung_agreement(two_rungs([1, 1, 1, 1], [4, 3, 2, 1]))
    assert np.isnan(equal["correlation"]).all()


def test_failures_are_left_out():
    agreement = rung_agreement(two_rungs([1, 2, 3, 9], [1, 2, 3, np.nan]))
    assert agreement["n_trials"].tolist() == [3]


def test_configurations_on_one_rung_only_are_refused():
    with pytest.raises(ValueError, match=r"two neighbouring rungs.*min_resources"):
        rung_agreement(halving(9, n_rungs=1))


def test_a_search_without_rungs_is_refused():
    with pytest.raises(ValueError, match="rung_agreement needs the column 'rung'"):
        rung_agreement(plain())


AGREEMENT = {
    "lower": ["1 epochs", "3 epochs", "9 epochs", "27 epochs"],
    "upper": ["3 epochs", "9 epochs", "27 epochs", "81 epochs"],
    "n_trials": [27, 9, 3, 1],
    "correlation": [0.8, -0.1, 0.5, np.nan],
}


def test_dots_are_correlations_in_colours_of_what_they_mean():
    display = RungAgreementDisplay(AGREEMENT).plot()
    assert display.points_.get_xdata().tolist() == [0.8]
    assert display.disagreeing_.get_xdata().tolist() == [-0.1]
    assert display.few_.get_xdata().tolist() == [0.5]
    dots = (display.points_, display.disagreeing_, display.few_)
    assert len({dot.get_color() for dot in dots}) == 3


def test_numbers_and_counts_are_written():
    texts = [t.get_text() for t in RungAgreementDisplay(AGREEMENT).plot().ax_.texts]
    assert texts == ["0.80 (27)", "-0.10 (9)", "0.50 (3)", "too few to tell (1)"]


def test_the_first_pair_of_rungs_is_at_the_top():
    ax = RungAgreementDisplay(AGREEMENT).plot().ax_
    assert ax.yaxis_inverted()
    assert ax.get_yticklabels()[0].get_text() == "1 epochs\n→ 3 epochs"


def test_the_display_warns_as_the_function_does():
    with pytest.warns(SearchWarning, match="do not predict"):
        RungAgreementDisplay.from_search(two_rungs(range(8), range(8, 0, -1)))
