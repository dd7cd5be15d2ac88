"""Default spaces of pipelines, of estimators around others, and of unknown ones."""

import ast

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingRegressor,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectFromModel, SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from sklearn_automl.space import SearchSpace, default_space
from tests.space.defaults.cases import data_for, draw, try_all

X, Y = data_for("SVC")
X_REG, Y_REG = data_for("SVR")


class Unknown(ClassifierMixin, BaseEstimator):
    def __init__(self, alpha=1.0, depth=3, kind="a", sure=False, random_state=None):
        self.alpha = alpha
        self.depth = depth
        self.kind = kind
        self.sure = sure
        self.random_state = random_state

    def fit(self, X, y):
        return self


class UnknownTransformer(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


class MyForest(RandomForestClassifier):
    def __init__(self, *, n_estimators=5, max_features="sqrt", random_state=None):
        super().__init__(n_estimators, max_features=max_features)
        self.random_state = random_state


class Around(ClassifierMixin, BaseEstimator):
    def __init__(self, model=None):
        self.model = model

    def fit(self, X, y):
        self.model.fit(X, y)
        return self

    def predict(self, X):
        return self.model.predict(X)


def columns():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return ColumnTransformer(
        [
            ("numbers", numbers, ["a", "b"]),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["c"]),
        ]
    )


FRAME = pd.DataFrame(
    {"a": X[:, 0], "b": X[:, 1], "c": np.random.default_rng(0).choice(list("xyz"), 90)}
)
COMPOSITES = [
    (make_pipeline(StandardScaler(), SVC()), X, Y, {"svc__C", "svc__gamma"}),
    (make_pipeline(PCA(), SVC()), X, Y, {"pca", "pca__n_components", "svc__C"}),
    (
        make_pipeline(columns(), LogisticRegression()),
        FRAME,
        Y,
        {
            "columntransformer__numbers__simpleimputer__strategy",
            "columntransformer__words__min_frequency",
            "logisticregression__C",
        },
    ),
    (
        make_pipeline(FeatureUnion([("p", PCA()), ("k", SelectKBest())]), SVC()),
        X,
        Y,
        {"featureunion__p__n_components", "featureunion__k__k"},
    ),
    (
        make_pipeline(SelectFromModel(DecisionTreeClassifier()), SVC()),
        X,
        Y,
        {"selectfrommodel__threshold", "selectfrommodel__estimator__max_depth"},
    ),
    (
        make_pipeline(PolynomialFeatures(), StandardScaler(), SelectKBest(), SVC()),
        X,
        Y,
        {"polynomialfeatures", "polynomialfeatures__degree", "selectkbest__k"},
    ),
    (TransformedTargetRegressor(Ridge()), X_REG, Y_REG, {"regressor__alpha"}),
    (MultiOutputRegressor(SVR()), X_REG, X_REG[:, :2], {"estimator__gamma"}),
    (OneVsRestClassifier(LogisticRegression()), X, Y, {"estimator__solver"}),
    (CalibratedClassifierCV(SVC()), X, Y, {"method", "estimator__C"}),
    (AdaBoostClassifier(DecisionTreeClassifier(), n_estimators=3), X, Y,
     {"learning_rate", "estimator__max_depth"}),
    (BaggingRegressor(Ridge(), n_estimators=3), X_REG, Y_REG, {"estimator__alpha"}),
    (VotingClassifier([("a", SVC()), ("b", LogisticRegression())]), X, Y,
     {"a__C", "b__C"}),
    (StackingClassifier([("a", SVC())], LogisticRegression(), cv=2), X, Y,
     {"a__gamma", "final_estimator__C"}),
    (MyForest(), X, Y, {"max_features"}),
    (Around(SVC()), X, Y, {"model__C"}),
    (make_pipeline(UnknownTransformer(), SVC()), X, Y, {"svc__C"}),
    (make_pipeline(SimpleImputer(), "passthrough", SVC()), X, Y, {"svc__C"}),
]  # fmt: skip


@pytest.mark.parametrize(("estimator", "X", "y", "names"), COMPOSITES)
def test_every_configuration_of_a_composite_can_be_fitted(estimator, X, y, names):
    space = default_space(estimator, X, y)
    assert names <= space.keys()
    try_all(estimator, X, y, draw(space, 4))
    try_all(estimator, X, y, draw(default_space(estimator), 2))


def test_texts():
    texts, y = data_for("TfidfVectorizer")
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    space = default_space(model, texts, y)
    assert "tfidfvectorizer__ngram_range" in space
    try_all(model, texts, y, draw(space, 4))


# ---- pipelines -------------------------------------------------------------------


def test_a_step_that_can_be_left_out():
    pipe = make_pipeline(PCA(), SVC())
    configs = draw(default_space(pipe, X, Y), 20)
    without = [c for c in configs if c["pca"] == "passthrough"]
    assert 0 < len(without) < 20
    assert not any("pca__whiten" in c for c in without)


def test_a_step_that_the_user_has_set_is_not_left_out():
    assert "pca" not in default_space(make_pipeline(PCA(n_components=2), SVC()))
    assert "pca" in default_space(make_pipeline(PCA(random_state=0), SVC()))


def test_the_last_step_is_not_left_out():
    assert "pca" not in default_space(make_pipeline(StandardScaler(), PCA()))


def test_a_scaler_makes_the_range_of_gamma():
    def highest(*steps):
        space = default_space(make_pipeline(*steps, SVC()), 1000 * X, Y)
        return space["svc__gamma"].support()[1]

    assert highest(StandardScaler()) == pytest.approx(32 / 9)
    assert highest() == pytest.approx(32 / 9 / np.var(1000 * X))


# ---- names that are left out -----------------------------------------------------


def test_names_to_leave_out():
    forest = default_space(RandomForestClassifier(), exclude=["max_features"])
    assert "max_features" not in forest
    pipe = make_pipeline(PCA(), Lasso())
    assert set(default_space(pipe, exclude=["lasso__alpha", "pca"])) == {
        "pca__n_components",
        "pca__whiten",
    }


def test_a_condition_of_what_is_left_out_follows_its_value():
    kept = default_space(RandomForestClassifier(), exclude=["bootstrap"])
    assert kept["max_samples"].support() == (0.4, 1)
    none = default_space(RandomForestClassifier(bootstrap=False))
    assert "max_samples" not in none


def test_two_names_of_one_parameter():
    catboost = pytest.importorskip("catboost")
    space = default_space(catboost.CatBoostClassifier(max_depth=4, eta=0.1))
    assert not {"depth", "learning_rate"} & space.keys()
    space = default_space(catboost.CatBoostClassifier(), exclude=["reg_lambda"])
    assert "l2_leaf_reg" not in space


def test_a_search_inside_searches_itself():
    inner = GridSearchCV(SVC(), {"C": [1, 10]})
    assert default_space(make_pipeline(StandardScaler(), inner, SVC())).keys() == {
        "svc__C",
        "svc__gamma",
    }


# ---- what is not known -----------------------------------------------------------


def test_an_unknown_estimator_gets_a_template():
    with pytest.raises(
        ValueError, match="no default search space for Unknown"
    ) as error:
        default_space(make_pipeline(StandardScaler(), Unknown()))
    message = str(error.value)
    assert "['alpha', 'depth', 'kind', 'random_state', 'sure']" in message
    code = message[message.index("from scipy") :]
    names = {}
    exec(code, names)
    space = SearchSpace(names["param_distributions"])
    assert space.names == ["alpha", "depth", "kind", "sure"]
    ast.parse(code)


def test_an_estimator_that_scikit_learn_searches_itself_is_not_known():
    from sklearn.linear_model import LogisticRegressionCV

    with pytest.raises(ValueError, match="LogisticRegressionCV"):
        default_space(LogisticRegressionCV())


@pytest.mark.parametrize("estimator", [SVC, "SVC", None])
def test_what_is_no_estimator(estimator):
    with pytest.raises(TypeError, match="must be an estimator object"):
        default_space(estimator)


def test_nothing_to_search():
    assert default_space(LinearRegression()) == {}
    assert default_space(Pipeline([("a", StandardScaler())])) == {}


def test_a_string_is_one_name_to_exclude():
    names = set(default_space(SVC(), exclude=["gamma"]))
    assert set(default_space(SVC(), exclude="gamma")) == names
    assert "gamma" not in default_space(SVC(), exclude="gamma")


@pytest.mark.parametrize("name", ["gama", "svc__gamma", "g", "", 3, None])
def test_an_unknown_name_to_exclude_is_an_error_that_lists_the_names(name):
    with pytest.raises(ValueError, match=r"exclude has names that SVC .*'C', 'gamma'"):
        default_space(SVC(), exclude=[name])


@pytest.mark.parametrize("name", ["svc__C", "svc__probability", "svc", "steps"])
def test_names_that_are_not_searched_can_be_excluded(name):
    pipe = Pipeline([("svc", SVC())])
    assert set(default_space(pipe, exclude=[name])) <= set(default_space(pipe))


def test_an_unknown_name_of_a_part_is_an_error():
    pipe = Pipeline([("svc", SVC())])
    for name in ("svc__c", "clf__C", "C"):
        with pytest.raises(ValueError, match=r"Pass names of the space: .*'svc__C'"):
            default_space(pipe, exclude=[name])
