"""Whether fewer epochs are better, which decides how long the final training is."""

import itertools
import time
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator

pytest.importorskip("torch")
from sklearn_automl import NASRegressor
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.execution import Status
from sklearn_automl.nas import _base
from sklearn_automl.nas.search.length import fewer_epochs, is_clear
from sklearn_automl.nas.search.weights import RowWeights
from tests.nas.tiny import SPACE

N_EPOCHS, N_ROWS = 27, 40


class Net(BaseEstimator):
    """Learns nothing; it remembers how often nets of its kind were trained."""

    fits: list[tuple[int, int]] = []

    def __init__(self, number=0, max_epochs=1, schedule_epochs=1, seconds=None):
        self.number = number
        self.max_epochs = max_epochs
        self.schedule_epochs = schedule_epochs
        self.seconds = seconds

    def fit(self, X, y, sample_weight=None):
        assert self.schedule_epochs == self.max_epochs
        assert len(X) == len(y) == N_ROWS
        self.fits.append((self.number, self.max_epochs))
        self.n_in_time_ = self.seconds
        self.weights_ = sample_weight
        return self


def evaluation(number, score, **changes):
    own = {
        "loss": -score,
        "status": Status.COMPLETED,
        "folds": [SimpleNamespace(n_in_time=None)],
        "job": SimpleNamespace(trial_id=number, resource=N_EPOCHS, config=number),
    }
    return SimpleNamespace(**{**own, **changes})


class Translation:
    deadline = None
    options: dict[str, object] = {}

    def __call__(self, config, n_folds):
        return {"number": config, **self.options}


def make_search(score, n_trials=6, **changes):
    """Return a search whose scores are ``score(number, n_epochs, rows)``."""
    valid = np.arange(N_ROWS, 2 * N_ROWS)

    def scorer(net, X, y, sample_weight=None):
        return score(net.number, net.max_epochs, X.ravel() - N_ROWS)

    own = {
        "net": Net(),
        "X": np.arange(2 * N_ROWS)[:, None],
        "y": np.arange(2 * N_ROWS),
        "splits": [(np.arange(N_ROWS), valid)],
        "scorer": scorer,
        "weights": RowWeights(None, None),
        "translation": Translation(),
        "n_epochs": N_EPOCHS,
        "sharing": SimpleNamespace(options=None),
        "strategy": SimpleNamespace(inherits_weights=False),
        "scores_training_rows": False,
        "validation": SimpleNamespace(groups=None),
        "evaluations": [
            evaluation(i, score(i, N_EPOCHS, np.arange(N_ROWS)))
            for i in reversed(range(n_trials))  # workers end in any order
        ],
    }
    return SimpleNamespace(**{**own, **changes})


def decide(search, deadline=None):
    return fewer_epochs(search, deadline)


@pytest.fixture(autouse=True)
def fits(monkeypatch):
    monkeypatch.setattr(Net, "fits", [])
    return Net.fits


def falls(number, n_epochs, rows):
    return 0.01 * number - 0.001 * n_epochs


def rises(number, n_epochs, rows):
    return 0.01 * number + 0.001 * n_epochs


@pytest.mark.parametrize("best", [9, 3, 1])
def test_as_many_as_are_best_of_a_third_a_ninth_and_so_on(best):
    search = make_search(lambda number, n, rows: -abs(np.log(n / best)))
    assert decide(search) == best


def test_none_where_longer_trainings_are_better(fits):
    assert decide(make_search(rises)) is None
    # Five short trainings are all that it costs, of the first architectures.
    assert sorted(fits) == [(number, 9) for number in range(5)]


def test_none_where_networks_do_not_agree():
    def differs(number, n_epochs, rows):
        return (0.002 if number % 2 else -0.002) * n_epochs

    assert decide(make_search(differs)) is None


def test_none_where_a_few_rows_decide():
    def of_a_row(number, n_epochs, rows):
        return falls(number, n_epochs, rows) if 3 in rows else 0.01 * number

    search = make_search(of_a_row)
    assert decide(search) is None
    assert decide(make_search(falls)) == 1  # where all rows do


@pytest.mark.parametrize(
    "changes",
    [
        {"n_trials": 3},
        {"sharing": SimpleNamespace(options=object())},
        {"strategy": SimpleNamespace(inherits_weights=True)},
        {"scores_training_rows": True},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_none_where_scores_do_not_tell(changes, fits):
    assert decide(make_search(falls, **changes)) is None
    assert not fits


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.FAILED},
        {"folds": [SimpleNamespace(n_in_time=3)]},
        {"job": SimpleNamespace(trial_id=0, resource=9, config=0)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_trainings_that_were_not_whole_do_not_count(changes, fits):
    search = make_search(falls, n_trials=5)
    search.evaluations[-1] = evaluation(0, 0.0, **changes)
    assert decide(search) == 1
    assert {number for number, _ in fits} == {1, 2, 3, 4}


def test_none_when_the_time_of_the_search_is_over(fits):
    assert decide(make_search(falls), deadline=time.time() - 1) is None
    assert not fits


def test_none_where_a_training_is_ended_in_time():
    translation = Translation()
    translation.options = {"seconds": 2}
    assert decide(make_search(falls, translation=translation)) is None


TRAIN = np.arange(N_ROWS)


def folds_of(*sizes):
    ends = N_ROWS + np.cumsum([0, *sizes])
    return [(TRAIN, np.arange(*pair)) for pair in itertools.pairwise(ends)]


def test_folds_count_together():
    def of_the_first(number, n_epochs, rows):
        return (-2 if rows.min() < 20 else 1) * 0.001 * n_epochs

    assert decide(make_search(of_the_first, splits=folds_of(20, 20))) == 1


# No part of the rows may decide: neither rows, nor folds, nor groups.
@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([40], None),
        ([20, 20], None),
        ([8] * 5, None),
        ([2] * 20, None),
        ([40], np.arange(2 * N_ROWS) // 8),
        ([8] * 5, np.arange(2 * N_ROWS) // 8),
    ],
)
def test_chance_in_the_rows_is_seldom_taken_for_a_gain(sizes, groups):
    n_taken = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n_units = N_ROWS if groups is None else 5
        noise = {n: rng.normal(size=n_units) for n in (27, 9, 3, 1)}

        def score(number, n_epochs, rows, noise=noise, rng=rng):
            own = noise[n_epochs][rows if groups is None else rows // 8]
            return own.mean() + rng.normal(scale=0.02)

        search = make_search(
            score, splits=folds_of(*sizes), validation=SimpleNamespace(groups=groups)
        )
        n_taken += decide(search) is not None
    assert n_taken <= 3


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([1], None),
        ([4], None),
        ([36, 4], None),
        ([40], np.arange(2 * N_ROWS) // 10),
    ],
)
def test_none_where_there_are_too_few_parts_to_tell(sizes, groups, fits):
    validation = SimpleNamespace(groups=groups)
    search = make_search(falls, splits=folds_of(*sizes), validation=validation)
    assert decide(search) is None
    assert not fits


def test_a_metric_that_cannot_score_a_part_decides_nothing():
    search = make_search(falls)
    score = search.scorer

    def scorer(net, X, y):
        if N_ROWS + 3 not in X:
            raise ValueError("one class")
        return score(net, X, y)

    search.scorer = scorer
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decide(search) is None


def test_trainings_share_the_time_that_is_left():
    class Noted(Translation):
        n_left: list[int] = []

        def __call__(self, config, n_folds):
            self.n_left.append(n_folds)
            return super().__call__(config, n_folds)

    decide(make_search(rises, splits=folds_of(20, 20), translation=Noted()))
    assert Noted.n_left == [2, 1] * 5


def test_rows_have_their_weights():
    seen = []
    search = make_search(rises)
    search.weights = RowWeights(np.arange(2 * N_ROWS), np.arange(2 * N_ROWS))
    score = search.scorer

    def scorer(net, X, y, sample_weight):
        seen.append((net.weights_, X.ravel(), sample_weight))
        return score(net, X, y)

    search.scorer = scorer
    decide(search)
    for of_fit, rows, of_score in seen:
        assert of_fit.tolist() == list(range(N_ROWS))
        assert of_score.tolist() == rows.tolist()


def test_an_error_is_a_warning():
    search = make_search(falls)
    search.scorer = lambda *_: 1 / 0
    with pytest.warns(SearchWarning, match=r"final training has all .*division by zer"):
        assert decide(search) is None


# ---- the estimators --------------------------------------------------------------


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 2)), rng.normal(size=20)


@pytest.fixture
def fit(rows, monkeypatch):
    """Return a function that fits an estimator, for which 5 epochs are better."""

    def fit(**options):
        monkeypatch.setattr(_base, "fewer_epochs", lambda search, deadline: 5)
        return NASRegressor(SPACE, n_trials=1, random_state=0, **options).fit(*rows)

    return fit


def n_final(model):
    return sum(epoch["phase"] == "final" for epoch in model.history_)


def test_the_final_training_has_as_many_epochs(fit):
    model = fit()
    assert n_final(model) == 5
    assert model.share_of_epochs_ == 0.05  # instead of 100


def test_so_it_is_after_a_load(fit, rows, tmp_path):
    fit().save(tmp_path / "model.nas")
    model = NASRegressor.load(tmp_path / "model.nas").fit_best(*rows)
    assert n_final(model) == 5


@pytest.mark.parametrize("name", ["max_epochs", "search_epochs"])
def test_no_epochs_are_taken_from_a_user_who_has_set_them(name, fit):
    model = fit(**{name: 7})
    assert n_final(model) == {"max_epochs": 7, "search_epochs": 100}[name]
    assert model.share_of_epochs_ == 1


@pytest.mark.parametrize(("deviation", "expected"), [(0.9, True), (1.1, False)])
def test_gains_of_two_networks_are_clear_if_they_are_two_standard_errors(
    deviation, expected
):
    # The standard error of two numbers that are 2 d apart is d.
    gains = 2.0 + deviation * np.array([[-1.0], [1.0]])
    assert is_clear(gains) == expected
