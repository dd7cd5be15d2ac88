"""Scores of validation rows that lack a class, metrics that cannot work, numbers."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import fbeta_score, log_loss, make_scorer, roc_auc_score

torch = pytest.importorskip("torch")
from skorch.callbacks import Callback  # noqa: E402

from sklearn_automl.nas.search.scoring import _PresentClasses  # noqa: E402
from sklearn_automl.nas.strategies import ENAS, RandomWS  # noqa: E402
from tests.nas.tiny import SHARED, tiny_classifier, tiny_regressor  # noqa: E402


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


class Count(Callback):
    n = 0

    def on_train_begin(self, net, **kwargs):
        Count.n += 1


PROBABLE = make_scorer(
    roc_auc_score, response_method="predict_proba", multi_class="ovr"
)


@pytest.mark.parametrize(
    "scoring",
    [
        "roc_auc_ovr",
        "roc_auc_ovo_weighted",
        "neg_log_loss",
        "average_precision",
        "top_k_accuracy",
        "recall_macro",
        "d2_log_loss_score",
        PROBABLE,
    ],
)
def test_a_class_with_one_row_has_no_part_in_scores(iris, scoring):
    X, y = np.r_[iris[0], [[9.0, 9, 9, 9]]], np.r_[iris[1], 7]
    model = tiny_classifier(scoring=scoring, max_epochs=2).fit(X, y)
    assert np.isfinite(model.cv_results_["mean_test_score"]).all()
    assert model.classes_.tolist() == [0, 1, 2, 7]


def test_the_logarithmic_loss_knows_all_classes(iris):
    X, y = np.r_[iris[0], [[9.0, 9, 9, 9]]], np.r_[iris[1], 7]
    own = X[::5], y[::5]
    own = own[0][:-1], own[1][:-1]
    model = tiny_classifier(scoring="neg_log_loss", n_trials=1).fit(
        X, y, validation_data=own
    )
    # The final training is that of the search, whose rows are the same here.
    expected = -log_loss(own[1], model.predict_proba(own[0]), labels=[0, 1, 2, 7])
    assert model.best_score_ == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("scoring", "reason"),
    [
        ("roc_auc", "multi_class"),
        ("recall", "average"),
        ("r2", "could not convert string"),
        ("neg_mean_squared_error", "could not convert|not supported|dtype"),
        (make_scorer(fbeta_score, beta=2), "average"),
    ],
)
def test_metrics_that_cannot_score_classes_are_refused_first(iris, scoring, reason):
    X, y = iris[0], np.array(["a", "b", "c"])[iris[1]]
    Count.n = 0
    model = tiny_classifier(scoring=scoring, callbacks=[Count()])
    with pytest.raises(ValueError, match=rf"cannot score the 30 .*({reason})"):
        model.fit(X, y)
    assert Count.n == 0


@pytest.mark.parametrize(
    "scoring", ["accuracy", "f1", "neg_mean_squared_log_error", "roc_auc"]
)
def test_metrics_that_cannot_score_numbers_are_refused_first(iris, scoring):
    Count.n = 0
    model = tiny_regressor(scoring=scoring, callbacks=[Count()])
    with pytest.raises(ValueError, match=rf"scoring='{scoring}' cannot score"):
        model.fit(iris[0], iris[0][:, 0] - 6)
    assert Count.n == 0


def test_rows_of_one_class_that_cannot_be_scored_are_refused_first(iris):
    X, y = iris[0][:100], iris[1][:100]
    model = tiny_classifier(scoring="roc_auc")
    with pytest.raises(ValueError, match=r"'roc_auc' cannot score .*validation_data"):
        model.fit(X, y, validation_data=(X[:20], y[:20]))
    assert np.isfinite(tiny_classifier().fit(X, y).best_score_)


def needs_training(net, X, y):
    return float(len(net.history))


def test_a_scorer_of_the_users_sees_trained_nets_only(iris):
    assert tiny_classifier(scoring=needs_training).fit(*iris).best_score_ == 2


KINDS = [np.array, np.float32, torch.tensor, lambda s: np.array([s]), "torch 1"]


# Each scores with shared weights at another place; what is a score is said at one.
@pytest.mark.parametrize(
    ("strategy", "kind"),
    [
        *(("evolution", kind) for kind in KINDS),
        *((RandomWS(n_epochs=1), kind) for kind in (KINDS[0], KINDS[-1])),
        *((ENAS(n_epochs=1), kind) for kind in (KINDS[0], KINDS[-1])),
    ],
)
def test_arrays_and_tensors_of_one_number_are_scores(iris, strategy, kind):
    def scoring(net, X, y):
        score = net.score(X, y)
        return torch.tensor([score]) if kind == "torch 1" else kind(score)

    X, y = iris[0][::3], iris[1][::3]
    params = {} if strategy == "evolution" else {"search_space": SHARED}
    model = tiny_classifier(
        scoring=scoring, strategy=strategy, n_trials=1, max_epochs=1, **params
    ).fit(X, y)
    assert type(model.best_score_) is float
    assert 0 <= model.best_score_ <= 1


@pytest.mark.parametrize("score", ["good", None, np.array([0.1, 0.2])])
def test_other_scores_are_refused(iris, score):
    model = tiny_classifier(scoring=lambda net, X, y: score, n_trials=1, max_epochs=1)
    with pytest.raises(ValueError, match=r"must return a number|needs a number"):
        model.fit(*iris)


def test_classes_without_any_probability_are_equally_probable():
    known = np.array([[0.2, 0.6, 0.2], [0.0, 1.0, 0.0]])
    net = SimpleNamespace(classes_=np.arange(3), predict_proba=lambda X: known[X])
    present = _PresentClasses(net, np.array([0, 2]))
    np.testing.assert_allclose(present.predict_proba([0, 1]), 0.5)
