"""A verdict on every estimator of scikit-learn that could be continued."""

import inspect
import warnings

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils import all_estimators

from sklearn_automl.execution._continuation import growth_of

# How which parameter is continued, with other options at their defaults and a seed.
CONTINUED = {
    ("n_estimators", "WarmStart"): [
        "BaggingClassifier",
        "BaggingRegressor",
        "ExtraTreesClassifier",
        "ExtraTreesRegressor",
        "GradientBoostingClassifier",
        "GradientBoostingRegressor",
        "IsolationForest",
        "RandomForestClassifier",
        "RandomForestRegressor",
        "RandomTreesEmbedding",
    ],
    ("max_iter", "WarmStart"): [
        "HistGradientBoostingClassifier",
        "HistGradientBoostingRegressor",
    ],
    ("max_iter", "MoreIterations"): [
        "BayesianGaussianMixture",
        "ElasticNet",
        "GammaRegressor",
        "GaussianMixture",
        "HuberRegressor",
        "Lasso",
        "LogisticRegression",
        "MultiTaskElasticNet",
        "MultiTaskLasso",
        "PoissonRegressor",
        "TweedieRegressor",
    ],
    ("max_iter", "EpochByEpoch"): ["MLPClassifier", "MLPRegressor"],
    ("max_iter", "UntilConverged"): [
        "PassiveAggressiveClassifier",
        "PassiveAggressiveRegressor",
        "Perceptron",
        "SGDClassifier",
        "SGDOneClassSVM",
        "SGDRegressor",
    ],
}
# Which ones are fitted afresh with more of any parameter, and why.
AFRESH = {
    "no parameter counts what its partial_fit or its warm start adds": [
        "BernoulliNB",
        "Birch",
        "CategoricalNB",
        "ComplementNB",
        "GaussianNB",
        "GaussianProcessClassifier",
        "HashingVectorizer",
        "IncrementalPCA",
        "MaxAbsScaler",
        "MinMaxScaler",
        "MultinomialNB",
        "StandardScaler",
    ],
    "its partial_fit is one mini-batch, and its parameter counts passes": [
        "BernoulliRBM",
        "LatentDirichletAllocation",
        "MiniBatchDictionaryLearning",
        "MiniBatchKMeans",
        "MiniBatchNMF",
    ],
    "it is a transformer, and only the last step of a pipeline is continued": [
        "NeighborhoodComponentsAnalysis",
    ],
    "only the estimator within could be continued": [
        "MultiOutputClassifier",
        "MultiOutputRegressor",
        "OneVsOneClassifier",
        "OneVsRestClassifier",
        "SelectFromModel",
    ],
}
VERDICTS = {name: {p: how} for (p, how), names in CONTINUED.items() for name in names}
VERDICTS |= {name: {} for names in AFRESH.values() for name in names}


def candidates():
    """Return the classes whose fit could be continued, by name."""
    return {
        name: Class
        for name, Class in all_estimators()
        if "warm_start" in inspect.signature(Class).parameters
        or hasattr(Class, "partial_fit")
    }


def make(Class):
    """Return an estimator with defaults and a seed."""
    parameters = inspect.signature(Class).parameters
    options = {"random_state": 0} if "random_state" in parameters else {}
    needs_one = parameters.get("estimator")
    if needs_one is not None and needs_one.default is inspect.Parameter.empty:
        options["estimator"] = LogisticRegression()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it is deprecated
        return Class(**options)


def decided(Class):
    estimator = make(Class)
    growths = {p: growth_of(estimator, p) for p in estimator.get_params(deep=False)}
    return {p: type(growth).__name__ for p, growth in growths.items() if growth}


def test_every_estimator_that_could_be_continued_has_a_verdict():
    new = [
        f"{name} ({Class.__module__}): growth_of decides {decided(Class)}"
        for name, Class in candidates().items()
        if name not in VERDICTS
    ]
    assert not new, (
        "These have `warm_start` or `partial_fit`. Decide for each whether more of a "
        "parameter can continue a fit and end at the same model as a fit at once. If "
        "so, growth_of has to return how, and CONTINUED names it; if not, AFRESH "
        "names it with the reason:\n" + "\n".join(new)
    )


def test_the_verdicts_are_what_is_decided():
    found = {name: decided(Class) for name, Class in candidates().items()}
    wrong = [
        f"{name}: {decision}, and not {VERDICTS[name]}"
        for name, decision in found.items()
        if name in VERDICTS and decision != VERDICTS[name]
    ]
    assert not wrong, "growth_of decides otherwise:\n" + "\n".join(wrong)
    assert {"RandomForestClassifier", "SGDClassifier", "GaussianNB"} <= set(found)


def test_no_estimator_has_two_verdicts():
    names = [*CONTINUED.values(), *AFRESH.values()]
    assert sum(map(len, names)) == len(VERDICTS)


@pytest.mark.parametrize("name", ["SGDClassifier", "SGDRegressor", "Perceptron"])
def test_without_a_tolerance_epochs_are_added(name):
    estimator = make(candidates()[name]).set_params(tol=None)
    assert type(growth_of(estimator, "max_iter")).__name__ == "EpochByEpoch"
