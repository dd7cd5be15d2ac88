"""Weights of rows and of classes, and several labels of a row."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import (
    load_iris,
    make_classification,
    make_multilabel_classification,
)
from sklearn.metrics import recall_score

torch = pytest.importorskip("torch")
from sklearn_automl import NASClassifier  # noqa: E402
from sklearn_automl.nas.strategies import DARTS, RandomWS  # noqa: E402
from tests.nas.tiny import SHARED, tiny_classifier, tiny_regressor  # noqa: E402


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


# ---- weights of rows -------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.asarray, list, torch.tensor])
def test_rows_of_weight_zero_are_as_if_they_were_not_there(iris, kind):
    X, y = iris
    weights = (np.arange(150) % 3 > 0) * 1.0
    kept = weights > 0
    expected = tiny_classifier().fit(X[kept], y[kept], weights[kept])
    model = tiny_classifier().fit(X, y, sample_weight=kind(weights))
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    assert model.best_score_ == expected.best_score_


@pytest.mark.parametrize("strategy", ["evolution", DARTS(n_epochs=2)])
def test_heavy_rows_decide(rng, strategy):
    X, y = rng.normal(size=(100, 2)), np.arange(100) % 2
    params = {"search_space": SHARED} if strategy != "evolution" else {}
    model = tiny_classifier(strategy=strategy, n_trials=1, max_epochs=4, **params)
    for heavy in (0, 1):
        model.fit(X, y, sample_weight=np.where(y == heavy, 50.0, 1.0))
        assert (model.predict(X) == heavy).mean() > 0.9


def share_of_ones(net, X, y):
    return float(net.predict(X).mean())


def test_trainings_of_the_search_have_the_weights_too(rng):
    X, y = rng.normal(size=(100, 2)), np.arange(100) % 2
    model = tiny_classifier(scoring=share_of_ones, refit=False, max_epochs=4)
    model.fit(X, y, sample_weight=np.where(y == 1, 50.0, 1.0))
    assert model.cv_results_["mean_test_score"].min() > 0.9


def test_heavy_rows_decide_a_regression(rng):
    X, y = rng.normal(size=(100, 2)), np.arange(100) % 2
    model = tiny_regressor(n_trials=1, max_epochs=10)
    model.fit(X, y, sample_weight=1 + 99 * y)
    assert model.predict(X).mean() > 0.8


def accuracy(net, X, y, sample_weight=None):
    return np.average(net.predict(X) == y, weights=sample_weight)


def plain_accuracy(net, X, y):
    return np.mean(net.predict(X) == y)


@pytest.mark.parametrize("scoring", [None, "accuracy", accuracy])
def test_scores_are_weighted(rng, scoring):
    # Half of the labels can be learned; the others are noise.
    X, y = rng.normal(size=(400, 2)), rng.integers(0, 2, 400)
    y[:200] = X[:200, 0] > 0
    weights = np.r_[np.ones(200), np.full(200, 1e-3)]
    params = {"n_trials": 1, "max_epochs": 4, "refit": False}
    weighted, plain = (
        tiny_classifier(scoring=own, **params).fit(X, y, weights).best_score_
        for own in (scoring, plain_accuracy)
    )
    assert weighted > 0.9 > plain


@pytest.mark.parametrize("weights", [-np.ones(150), np.zeros(150)])
def test_weights_that_cannot_be_used(iris, weights):
    with pytest.raises(ValueError, match="sample_weight must not be negative"):
        tiny_classifier().fit(*iris, weights)


# ---- weights of classes ----------------------------------------------------------


@pytest.fixture(scope="module")
def rare():
    """Two of a hundred rows are positive."""
    options = {"n_informative": 4, "weights": [0.98], "flip_y": 0.01, "class_sep": 0.6}
    return make_classification(3000, 10, random_state=0, **options)


@pytest.mark.parametrize(
    ("names", "weights"),
    [
        ([0, 1], None),
        ([0, 1], "balanced"),
        (["a", "b"], {"a": 1, "b": 30}),
        pytest.param(
            [True, False], {True: 1, False: 30}, marks=pytest.mark.slow
        ),  # labels of other types are in test_persistence.py
    ],
)
def test_rare_classes_are_found_with_weights(rare, names, weights):
    X, y = rare[0], np.array(names)[rare[1]]
    model = tiny_classifier(n_trials=1, max_epochs=6, class_weight=weights)
    model.fit(X[:2000], y[:2000])
    recall = recall_score(y[2000:], model.predict(X[2000:]), pos_label=names[1])
    assert recall < 0.1 if weights is None else recall > 0.4


def test_weights_of_classes_and_rows_are_multiplied(rare):
    X, y = rare[0][:600], rare[1][:600]
    of_rows = 1.0 + np.arange(600) % 3
    # Weights of classes are not in scores, so the choice could be another one.
    model = tiny_classifier(n_trials=1, class_weight={0: 1, 1: 8}).fit(X, y, of_rows)
    expected = tiny_classifier(n_trials=1).fit(X, y, of_rows * np.where(y, 8, 1))
    np.testing.assert_allclose(model.predict_proba(X), expected.predict_proba(X))


def test_weights_of_classes_do_not_change_the_score(rare):
    X, y = rare[0][:600], np.zeros(600, int)
    y[::10] = 1  # noise
    model = tiny_classifier(class_weight={0: 1, 1: 1e4}, max_epochs=4).fit(X, y)
    assert model.best_score_ < 0.3  # the accuracy of predicting 1


@pytest.mark.parametrize("weights", ["even", 3])
def test_weights_of_classes_that_cannot_be_used(iris, weights):
    with pytest.raises(ValueError, match="'class_weight' parameter of NASClassifier"):
        tiny_classifier(class_weight=weights).fit(*iris)


# ---- several labels --------------------------------------------------------------


def labels(n_labels):
    return make_multilabel_classification(200, 8, n_classes=n_labels, random_state=0)


@pytest.mark.parametrize(
    ("n_labels", "scoring"),
    [
        (2, None),
        (2, "roc_auc"),
        *((4, name) for name in ("f1_macro", "roc_auc", "average_precision")),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in ((2, "f1_macro"), (2, "average_precision"), (4, None))
        ),
    ],
)
def test_several_labels(n_labels, scoring):
    X, y = labels(n_labels)
    model = tiny_classifier(scoring=scoring, n_trials=1, max_epochs=5).fit(X, y)
    assert (model.predict(X) == y).mean() > 0.7
    probabilities = model.predict_proba(X)
    np.testing.assert_array_equal(probabilities > 0.5, model.predict(X))
    assert 0 < model.best_score_ <= 1
    assert [c.tolist() for c in model.classes_] == [[0, 1]] * n_labels


@pytest.mark.parametrize(
    "strategy", [DARTS(n_epochs=2), RandomWS(n_epochs=2), "bayesian"]
)
def test_strategies_with_several_labels(strategy):
    X, y = labels(3)
    model = tiny_classifier(strategy=strategy, search_space=SHARED, max_epochs=2)
    assert model.fit(X, y).predict(X).shape == y.shape


@pytest.mark.parametrize("kind", [np.ndarray.tolist, sparse.csr_array, torch.tensor])
def test_kinds_of_targets_with_several_labels(kind):
    X, y = labels(3)
    expected = tiny_classifier(n_trials=1, max_epochs=2).fit(X, y).predict_proba(X)
    model = tiny_classifier(n_trials=1, max_epochs=2).fit(X, kind(y))
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_several_labels_are_saved(tmp_path):
    X, y = labels(3)
    model = tiny_classifier(n_trials=1, max_epochs=2).fit(X, y)
    model.save(tmp_path / "model.nas")
    other = NASClassifier.load(tmp_path / "model.nas")
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    assert other.score(X, y) == model.score(X, y)


def test_rare_labels_are_weighted():
    X, y = labels(3)
    y = y * (np.arange(200) % 10 == 0)[:, None]
    plain = tiny_classifier(max_epochs=4).fit(X, y).predict(X).mean()
    own = tiny_classifier(class_weight="balanced", max_epochs=4).fit(X, y)
    own = own.predict(X).mean()
    assert own > plain


def test_several_targets_with_classes_are_refused(iris):
    with pytest.raises(ValueError, match=r"0 and 1 only, .*MultiOutputClassifier"):
        tiny_classifier().fit(iris[0], np.c_[iris[1], iris[1]])


@pytest.mark.parametrize("labels_of", [lambda y: y, lambda y: np.c_[y == 0, y == 1]])
def test_a_criterion_of_the_users_is_the_loss_of_any_target(iris, labels_of):
    y = labels_of(iris[1]) * 1
    criterion = (
        torch.nn.CrossEntropyLoss if y.ndim == 1 else torch.nn.MultiLabelSoftMarginLoss
    )
    model = tiny_classifier(n_trials=1, max_epochs=6, criterion=criterion)
    model.fit(iris[0], y)
    assert type(model.best_estimator_.criterion_) is criterion
    assert (model.predict(iris[0]) == y).mean() > 0.7


@pytest.mark.parametrize("fit_options", [{}, {"sample_weight": np.arange(150) + 1.0}])
@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_a_criterion_that_cannot_weigh_rows_is_refused_before_any_training(
    iris, make, fit_options
):
    model = make(n_trials=1, max_epochs=1, criterion__reduction="sum")
    if fit_options:
        with pytest.raises(ValueError, match=r"cannot weigh rows: .*'sum'"):
            model.fit(*iris, **fit_options)
        assert not hasattr(model, "stop_reason_")
    else:
        model.fit(*iris)


def test_folds_of_the_users_own_have_the_numbers_of_all_rows(iris):
    X, y = iris
    seen = []

    def note(net, X, y, sample_weight=None):
        seen.append(X[:, 0])
        return 0.5

    weights = np.ones(len(X))
    weights[:5] = 0  # without these rows, all numbers would mean others
    valid = np.arange(5, 150, 10)
    train = np.setdiff1d(np.arange(len(X)), valid)
    model = tiny_classifier(cv=[(train, valid)], scoring=note, n_trials=1)
    model.fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(seen[-1], X[valid, 0].astype(np.float32))
