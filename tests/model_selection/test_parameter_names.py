"""Names of parameters that an estimator takes and does not list."""

import warnings
from typing import ClassVar

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_automl import SuccessiveHalvingSearchCV
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.model_selection._parameter_names import (
    _warn_of_probable_slip,
    check_names_of_candidates,
    check_parameter_names,
    did_you_mean,
    listed,
    warn_of_ranges,
)
from sklearn_automl.model_selection._spaces import make_space
from sklearn_automl.space import SearchSpace
from tests.execution.trials import make_classes

SILENT = {
    "XGBClassifier": {"n_jobs": 1},
    "LGBMClassifier": {"n_jobs": 1, "verbose": -1, "min_child_samples": 5},
    "CatBoostClassifier": {
        "thread_count": 1,
        "verbose": 0,
        "learning_rate": 0.1,
        "allow_writing_files": False,
    },
}
LIBRARIES = {"X": "xgboost", "L": "lightgbm", "C": "catboost"}


def make(name, **options):
    library = pytest.importorskip(LIBRARIES[name[0]])
    return getattr(library, name)(**SILENT[name], **options)


def search(estimator, resource, space=None, max_resources=9):
    return SuccessiveHalvingSearchCV(
        estimator,
        space or {"max_depth": [1, 2, 3]},
        n_iter=3,
        resource=resource,
        folds="all",
        max_resources=max_resources,
        cv=2,
        random_state=0,
    )


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("XGBClassifier", "n_estimators"),
        ("LGBMClassifier", "n_estimators"),
        ("LGBMClassifier", "num_iterations"),
        ("LGBMClassifier", "num_boost_round"),
        ("CatBoostClassifier", "iterations"),
        ("CatBoostClassifier", "n_estimators"),
    ],
)
def test_the_resource_has_the_name_that_users_know(name, resource):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = search(make(name), resource).fit(*make_classes())
    assert found.brackets_ == [[(3, 3), (1, 9)]]
    assert found.total_resources_ == 3 * 3 + 6
    assert found.best_params_[resource] == 9
    assert found.best_estimator_.get_params()[resource] == 9


def test_the_resource_of_a_step_has_it_too():
    pipeline = Pipeline([("s", StandardScaler()), ("m", make("CatBoostClassifier"))])
    space = {"m__depth": [1, 2, 3]}
    found = search(pipeline, "m__iterations", space).fit(*make_classes())
    assert found.total_resources_ == 3 * 3 + 6


def test_the_resource_of_a_searched_step_has_it_too():
    pipeline = Pipeline([("s", StandardScaler()), ("m", LogisticRegression())])
    space = {"m": [make("CatBoostClassifier")], "m__max_depth": [1, 2, 3]}
    found = search(pipeline, "m__iterations", space).fit(*make_classes())
    assert found.total_resources_ == 3 * 3 + 6


@pytest.mark.parametrize(
    ("name", "resource", "largest"),
    [
        ("XGBClassifier", "n_estimators", 100),
        ("LGBMClassifier", "num_trees", 100),
        ("CatBoostClassifier", "iterations", 1000),
    ],
)
def test_auto_is_the_default_of_the_library(name, resource, largest):
    plan = search(make(name), resource, max_resources="auto").plan(80)
    assert plan["n_resources"].max() == largest


@pytest.mark.parametrize(
    ("name", "options", "resource", "space", "words"),
    [
        (
            "CatBoostClassifier",
            {"n_estimators": 5},
            "iterations",
            None,
            ["'n_estimators', which is set in Cat", "Pass resource='n_estimators'"],
        ),
        (
            "LGBMClassifier",
            {"num_trees": 5},
            "n_estimators",
            None,
            ["'num_trees', which is set in LGBM", "Pass resource='num_trees'"],
        ),
        (
            "CatBoostClassifier",
            {},
            "iterations",
            {"num_trees": [1, 2]},
            ["'num_trees', which is searched in param_distributions", "Remove it"],
        ),
        (
            "XGBClassifier",
            {},
            "num_boost_round",  # it would be passed over in silence
            None,
            ["not a parameter of XGBClassifier", "one of ['base_score'"],
        ),
        (
            "CatBoostClassifier",
            {},
            "iterationz",
            None,
            ["not a parameter of Cat", "Did you mean 'iterations'?", "more]"],
        ),
    ],
)
def test_a_name_that_would_not_do_is_refused(name, options, resource, space, words):
    with pytest.raises(ValueError, match="resource=") as error:
        search(make(name, **options), resource, space).fit(*make_classes())
    for word in words:
        assert word in str(error.value)


class TakesAnything(ClassifierMixin, BaseEstimator):
    """Keeps what it does not know for a library, as XGBoost and LightGBM do."""

    def __init__(self, known=1, **others):
        self.known = known
        self.others = others

    def get_params(self, deep=True):
        return {"known": self.known, **self.others}

    def set_params(self, **params):
        self.known = params.pop("known", self.known)
        self.others.update(params)
        return self

    def fit(self, X, y):
        self.classes_ = [0, 1]
        return self

    def score(self, X, y):
        return float(self.others["unlisted"])


def test_a_constructor_that_takes_any_name_is_given_it():
    space = {"unlisted": [1, 2, 3]}
    found = search(TakesAnything(), None, space, "auto").fit(*make_classes())
    assert found.best_params_ == {"unlisted": 3}


def test_names_in_the_way_of_the_library():
    space = {"lambda_l1": [0.0, 1.0], "bagging_fraction": [0.5, 1.0]}
    found = search(make("LGBMClassifier"), "n_estimators", space).fit(*make_classes())
    assert found.best_params_.keys() == {*space, "n_estimators"}


# ---- names that are taken, and names that are not --------------------------------


@pytest.mark.parametrize(
    ("name", "parameter", "values"),
    [
        ("XGBClassifier", "eta", [0.1, 0.3]),
        ("XGBClassifier", "lambda", [0.1, 0.3]),
        ("LGBMClassifier", "feature_fraction", [0.5, 1.0]),
        ("LGBMClassifier", "min_data_in_leaf", [5, 10]),
        ("CatBoostClassifier", "l2_leaf_reg", [1, 2]),
        ("CatBoostClassifier", "iterations", [2, 3]),
    ],
)
@pytest.mark.parametrize("is_step", [False, True])
def test_set_params_decides_what_a_name_is(name, parameter, values, is_step):
    estimator, space = make(name), {parameter: values}
    if is_step:
        estimator, space = Pipeline([("m", estimator)]), {f"m__{parameter}": values}
    check_parameter_names(estimator, SearchSpace(space), None)


def test_the_values_of_a_step_decide_on_its_parameters():
    estimator = Pipeline([("m", LogisticRegression())])
    space = {"m": [LogisticRegression(), TakesAnything()], "m__unlisted": [1]}
    check_parameter_names(estimator, SearchSpace(space), None)
    space["m"] = [LogisticRegression(), SVC()]
    with pytest.raises(ValueError, match="Invalid parameter 'm__unlisted'"):
        check_parameter_names(estimator, SearchSpace(space), None)


PIPELINE = make_pipeline(StandardScaler(), SVC())


@pytest.mark.parametrize(
    ("estimator", "name", "meant"),
    [
        (PIPELINE, "C", "'svc__C'"),
        (PIPELINE, "svc__c", "'svc__C'"),
        (PIPELINE, "scv__C", "'svc__C'"),
        (PIPELINE, "gama", "'svc__gamma'"),
        (PIPELINE, "with_std", "'standardscaler__with_std'"),
        (Pipeline([("a", SVC()), ("b", SVC())]), "C", "'a__C' or 'b__C'"),
        (BaggingClassifier(SVC()), "C", "'estimator__C'"),
        (HistGradientBoostingClassifier(), "n_estimators", "'max_iter'"),
        (HistGradientBoostingClassifier(), "eta", "'learning_rate'"),
    ],
)
def test_an_error_says_which_name_was_probably_meant(estimator, name, meant):
    with pytest.raises(ValueError, match="Invalid parameter") as error:
        check_parameter_names(estimator, SearchSpace({name: [1]}), None)
    assert f"Did you mean {meant}?" in str(error.value)


@pytest.mark.parametrize(
    ("estimator", "resource", "meant"),
    [
        (make_pipeline(BaggingClassifier()), "n_estimators", "baggingclassifier__n_es"),
        (HistGradientBoostingClassifier(), "n_estimators", "max_iter"),
        (BaggingClassifier(), "max_iter", "n_estimators"),
    ],
)
def test_an_error_says_which_resource_was_probably_meant(estimator, resource, meant):
    with pytest.raises(ValueError, match=f"Did you mean '{meant}"):
        check_parameter_names(estimator, SearchSpace({}), resource)


def test_an_error_lists_a_few_names_only():
    with pytest.raises(ValueError, match=r"and .* more") as error:
        check_parameter_names(PIPELINE, SearchSpace({"nothing_like_it": [1]}), None)
    assert str(error.value).count("svc__") < 20


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((1, 10), r"randint\(1, 11\)"),
        ((0.1, 10), r"uniform\(0.1, 9.9\) or scipy.stats.loguniform\(0.1, 10\)"),
        ((-1.0, 1.0), r"uniform\(-1.0, 2.0\)\."),
    ],
)
def test_a_tuple_of_two_numbers_may_be_meant_as_a_range(values, words):
    with pytest.warns(SearchWarning, match=words):
        warn_of_ranges([{"x": values}])


@pytest.mark.parametrize(
    "values", [[1, 10], (1, 2, 3), ("a", "b"), (True, False), (1,), (None, 1)]
)
def test_other_values_are_no_range(values):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_ranges({"x": values})


@pytest.mark.parametrize(
    ("name", "slip", "meant"),
    [
        ("LGBMClassifier", "num_leafs", "num_leaves"),
        ("LGBMClassifier", "learning_rat", "learning_rate"),
        ("XGBClassifier", "reg_lamda", "reg_lambda"),
    ],
)
def test_a_slip_of_the_pen_is_told_where_every_name_is_taken(name, slip, meant):
    with pytest.warns(SearchWarning, match=f"'{slip}' is none of.*'{meant}'"):
        check_parameter_names(make(name), SearchSpace({slip: [1]}), None)


@pytest.mark.parametrize("name", ["samples", "n_rows"])
def test_rows_are_meant(name):
    with pytest.raises(ValueError, match="Did you mean 'n_samples'"):
        check_parameter_names(PIPELINE, SearchSpace({}), name)


class SaysWrongly(ClassifierMixin, BaseEstimator):
    continued_by: ClassVar = {"n_epochs": "partialfit"}

    def __init__(self, n_epochs=9, rate=0.1):
        self.n_epochs = n_epochs
        self.rate = rate

    def fit(self, X, y):
        raise AssertionError("fit was called")


LATE = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])


@pytest.mark.parametrize(
    ("estimator", "resource", "space"),
    [
        (SaysWrongly(), "n_epochs", {"rate": [0.1, 1]}),
        (
            make_pipeline(StandardScaler(), SaysWrongly()),
            "sayswrongly__n_epochs",
            {"sayswrongly__rate": [0.1, 1]},
        ),
        (
            make_pipeline(make_pipeline(SaysWrongly())),
            "pipeline__sayswrongly__n_epochs",
            {"pipeline__sayswrongly__rate": [0.1, 1]},
        ),
        (LATE, "model__n_epochs", {"model": [SaysWrongly()], "scale": [None]}),
    ],
)
def test_a_typo_in_what_a_class_says_is_refused_before_any_fit(
    estimator, resource, space
):
    faulty = search(estimator, resource, space)
    words = "continued_by of SaysWrongly.*'n_epochs'.*Did you mean 'partial_fit'"
    with pytest.raises(ValueError, match=words):
        faulty.fit(*make_classes())
    with pytest.raises(ValueError, match=words):
        faulty.plan(100)


def test_what_a_class_says_does_not_matter_without_its_parameter():
    check_parameter_names(SaysWrongly(), SearchSpace({"rate": [0.1]}), "n_samples")


class CannotBeCloned(BaseEstimator):
    """It takes what it does not list, and copies a list, as CatBoost does."""

    def __init__(self, columns=()):
        self.columns = list(columns)

    def set_params(self, **params):
        vars(self).update(params)
        return self


def test_an_estimator_that_cannot_be_cloned_is_not_said_to_lack_a_parameter():
    space = SearchSpace({"depth": [1, 2]})
    with pytest.raises(RuntimeError, match=r"Cannot clone .* columns"):
        check_parameter_names(CannotBeCloned(["a"]), space, "n_samples")


# ---- what an error lists, and what it leaves out ---------------------------------


@pytest.mark.parametrize(("n", "more"), [(20, ""), (21, ", ... and 1 more")])
def test_twenty_names_are_listed(n, more):
    names = [f"p{i:02}" for i in range(n)]
    assert listed(reversed(names)) == f"[{', '.join(map(repr, names[:20]))}{more}]"


def test_names_of_the_estimator_itself_are_listed_before_those_of_its_parts():
    names = ["a__b", "z", "b", "a__b__c"]
    assert listed(names) == "['b', 'z', 'a__b', 'a__b__c']"


def test_three_names_at_most_are_said_to_be_meant():
    names = [f"{step}__C" for step in "abcd"]
    assert did_you_mean("C", names) == " Did you mean 'a__C' or 'b__C' or 'c__C'?"


@pytest.mark.parametrize(
    ("name", "is_slip"),
    [("num_leafs", True), ("nr_leaves", True), ("min_leaf", False), ("leaves", False)],
)
def test_only_a_name_that_is_nearly_another_one_is_a_slip(name, is_slip):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _warn_of_probable_slip(name, ["num_leaves", "max_depth"])
    assert bool(caught) is is_slip


class TakesNone(BaseEstimator):
    """Has parameters that are no amounts, and counts how often it is set."""

    calls: ClassVar[list] = []

    def __init__(self, share=0.5, flag=True, word="a", n=3, unset=None):
        self.share, self.flag, self.word, self.n = share, flag, word, n
        self.unset = unset

    def set_params(self, **params):
        self.calls.append(sorted(params))
        return super().set_params(**params)


@pytest.mark.parametrize("name", ["share", "flag", "word"])
def test_a_parameter_that_is_no_whole_number_is_no_resource(name):
    with pytest.raises(ValueError, match="a resource is an integer parameter"):
        check_parameter_names(TakesNone(), SearchSpace({"n": [1, 2]}), name)
    space = SearchSpace({"flag": [True, False]})
    for resource in ("n", "unset", "n_samples", None):
        check_parameter_names(TakesNone(), space, resource)


def test_passes_of_a_step_are_said_to_be_those_of_the_last_step():
    pipe = Pipeline([("m", TakesNone())])
    with pytest.raises(ValueError, match=r"names a step\. Pass resource='partial_fit'"):
        check_parameter_names(pipe, SearchSpace({"m__n": [1, 2]}), "m__partial_fit")


@pytest.mark.parametrize("estimator", [TakesNone(), SGDClassifier()])
def test_passes_are_suggested_to_who_can_make_them(estimator):
    with pytest.raises(ValueError, match="It must be") as error:
        check_parameter_names(estimator, SearchSpace({}), "unknown")
    can_make_them = hasattr(estimator, "partial_fit")
    assert ("'partial_fit'" in str(error.value)) is can_make_them


def test_the_first_name_that_is_not_taken_is_told():
    with pytest.raises(ValueError, match="Invalid parameter 'b1'"):
        check_names_of_candidates(TakesNone(), [{"n": 1}, {"b2": 1, "b1": 1}])


def test_names_of_candidates_are_tried_once():
    class TakesAll(TakesNone):
        def get_params(self, deep=True):
            return super().get_params(deep)

        def set_params(self, **params):
            self.calls.append(sorted(params))
            return self

    TakesNone.calls.clear()
    check_names_of_candidates(TakesAll(), [{"new": i, "n": 1} for i in range(5)])
    assert TakesNone.calls == [["n", "new"]]


@pytest.mark.parametrize(
    ("values", "a_range"),
    [
        ((1, 5), "scipy.stats.randint(1, 6)"),
        ((1, 5.5), "scipy.stats.uniform(1, 4.5) or scipy.stats.loguniform(1, 5.5)"),
        ((0, 2.5), "scipy.stats.uniform(0, 2.5)"),
        ((0.5, 2), "scipy.stats.uniform(0.5, 1.5) or scipy.stats.loguniform(0.5, 2)"),
    ],
)
def test_the_range_is_one_that_has_both_values(values, a_range):
    with pytest.warns(SearchWarning) as caught:
        warn_of_ranges({"a": values})
    (warning,) = caught
    message = str(warning.message)
    assert f"pass {a_range}. For the two values, pass the list" in message


def test_the_owner_with_the_longest_name_has_the_resource():
    inner, other = TakesNone(), LogisticRegression()
    pipe = Pipeline([("a", Pipeline([("b", inner)]))])
    space = SearchSpace(
        {"a": [Pipeline([("b", other)])], "a__b": [inner, TakesNone(n=4)]}
    )
    # Whatever the pipelines have there, it is replaced.
    check_parameter_names(pipe, space, "a__b__n")


def test_a_user_is_told_of_a_tuple_in_the_space():
    search = SuccessiveHalvingSearchCV(LogisticRegression(), {"C": (0.1, 10.0)})
    with pytest.warns(SearchWarning, match="tuple"):
        make_space(search, None)
