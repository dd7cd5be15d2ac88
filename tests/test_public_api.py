"""What users' scripts are written against: names, signatures, documentation, import."""

import ast
import inspect
import json
import math
import re
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

import sklearn_automl
from sklearn_automl import (
    ensemble,
    model_selection,
    samplers,
    schedulers,
    space,
    storage,
)
from tests.cases import in_turn_for_each
from tests.house import OPTIONAL

# ---- names -----------------------------------------------------------------------

SEARCHES = {
    "ASHASearchCV",
    "BOHBSearchCV",
    "BayesianSearchCV",
    "EvolutionarySearchCV",
    "HyperbandSearchCV",
    "LearningCurveSearchCV",
    "SuccessiveHalvingSearchCV",
}
# They have the signatures of scikit-learn, and tests/model_selection/test_grid.py.
AS_IN_SKLEARN = {"GridSearchCV", "RandomizedSearchCV"}
# They need torch, and are found when they are asked for.
LAZY = {"NASClassifier", "NASRegressor"}


def classes(names):
    return [getattr(sklearn_automl, name) for name in sorted(names)]


every_search = pytest.mark.parametrize("Search", classes(SEARCHES | AS_IN_SKLEARN))
every_search_of_ours = pytest.mark.parametrize("Search", classes(SEARCHES))


def test_the_searches_are_the_public_names():
    assert set(sklearn_automl.__all__) == SEARCHES | AS_IN_SKLEARN
    assert set(dir(sklearn_automl)) >= SEARCHES | AS_IN_SKLEARN | LAZY


@pytest.mark.parametrize("name", sorted(LAZY))
def test_names_that_need_torch_are_found_when_asked_for(name):
    estimators = pytest.importorskip("sklearn_automl.nas.estimators")
    assert getattr(sklearn_automl, name) is getattr(estimators, name)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'NASTransformer'"):
        _ = sklearn_automl.NASTransformer


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (space, {"SearchSpace", "When"}),
        (samplers, {"GeneticSampler", "GridSampler", "RandomSampler", "Sampler"}),
        (model_selection, SEARCHES | AS_IN_SKLEARN),
    ],
)
def test_subpackages_have_the_promised_names(module, names):
    assert names <= set(module.__all__)


@pytest.mark.parametrize(
    "module", [sklearn_automl, model_selection, samplers, schedulers, space]
)
def test_public_names_exist_and_are_sorted(module):
    assert all(hasattr(module, name) for name in module.__all__)
    assert list(module.__all__) == sorted(module.__all__)


# ---- signatures ------------------------------------------------------------------

COMMON = {
    "resource": "n_samples",
    "min_resources": "auto",
    "max_resources": "auto",
    "factor": 3,
    "folds": "grow",
    "scoring": None,
    "n_jobs": None,
    "refit": True,
    "cv": None,
    "verbose": 0,
    "random_state": None,
    "error_score": math.nan,
    "return_train_score": False,
    "promotion_metric": None,
    "initial_params": None,
    "time_limit": None,
    "trial_timeout": None,
    "trial_memory_limit": None,
    "checkpoint": None,
    "eval_set": None,
    "stop_at": None,
    "patience": None,
    "ensemble": None,
    "history": None,
}
PLANNED_PARAMETERS: dict = {}
OWN = {
    "ASHASearchCV": {"n_iter": 27, "variant": "promotion", "sampler": "random"},
    "BayesianSearchCV": {"n_iter": 50, "acquisition": "log_ei", "sampler": "gp"},
    "BOHBSearchCV": {
        "n_iterations": "auto",
        "surrogate": "gp",
        "acquisition": "log_ei",
    },
    "EvolutionarySearchCV": {
        "strategy": "genetic",
        "population_size": 20,
        "n_generations": 10,
    },
    "HyperbandSearchCV": {"n_iterations": "auto", "sampler": "random"},
    "LearningCurveSearchCV": {"n_iter": 27, "confidence": 0.95, "sampler": "random"},
    "SuccessiveHalvingSearchCV": {"n_iter": 27, "sampler": "random"},
}
# Without a resource, unless one is given.
OTHER_DEFAULTS = {
    "BayesianSearchCV": {"resource": None},
    "EvolutionarySearchCV": {"resource": None},
}


def keyword_defaults(Search):
    return {
        name: parameter.default
        for name, parameter in inspect.signature(Search).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


@every_search_of_ours
def test_estimator_and_space_are_the_only_positional_parameters(Search):
    parameters = inspect.signature(Search).parameters
    assert list(parameters)[:2] == ["estimator", "param_distributions"]
    assert set(parameters) == {*list(parameters)[:2], *keyword_defaults(Search)}


@every_search_of_ours
def test_parameters_have_the_promised_names_and_defaults(Search):
    defaults = keyword_defaults(Search)
    for name, default in PLANNED_PARAMETERS.items():
        assert defaults.pop(name, default) is default
    name = Search.__name__
    expected = {**COMMON, **OWN[name], **OTHER_DEFAULTS.get(name, {})}
    assert set(defaults) == set(expected)
    # NaN is not equal to itself.
    assert {k: repr(v) for k, v in defaults.items()} == {
        k: repr(v) for k, v in expected.items()
    }


@every_search_of_ours
def test_the_order_is_own_parameters_then_common_ones(Search):
    names = [n for n in keyword_defaults(Search) if n not in PLANNED_PARAMETERS]
    assert names == [*OWN[Search.__name__], *COMMON]


@every_search_of_ours
@pytest.mark.parametrize("Theirs", [GridSearchCV, RandomizedSearchCV])
def test_scikit_learns_parameters_have_scikit_learns_defaults(Search, Theirs):
    ours, theirs = keyword_defaults(Search), keyword_defaults(Theirs)
    shared = (set(ours) & set(theirs)) - {"n_iter"}
    assert len(shared) >= 7
    assert {k: repr(ours[k]) for k in shared} == {k: repr(theirs[k]) for k in shared}


@every_search_of_ours
def test_scikit_learns_parameters_are_all_there(Search):
    missing = set(keyword_defaults(RandomizedSearchCV)) - set(keyword_defaults(Search))
    # Hyperband counts iterations, and evolution generations, not configurations.
    assert missing - {"n_iter"} == {"pre_dispatch"}


@every_search
def test_a_parameter_is_stored_as_it_is_given(Search):
    given = {name: object() for name in inspect.signature(Search).parameters}
    search = Search(**given)
    assert {k: v for k, v in vars(search).items() if k in given} == given


# ---- documentation ---------------------------------------------------------------

# What scikit-learn's own test of docstrings leaves out, too.
NOT_CHECKED = {"RT02", "GL01", "GL02"}
ONLY_FOR_CLASSES = {"ES01", "EX01", "SA01"}


def public_methods(Class):
    return [
        name
        for name in dir(Class)
        if not name.startswith("_")
        and (
            callable(getattr(Class, name))
            or isinstance(inspect.getattr_static(Class, name), property)
        )
    ]


def has_text_of_its_own(Class, name):
    """Tell whether a method is not documented by what it overrides alone."""
    method = inspect.getattr_static(Class, name)
    return method.__doc__ is not None or not inspect.getdoc(getattr(Class, name))


def documented(classes):
    return [
        (Class, name)
        for Class in classes
        for name in [None, *public_methods(Class)]
        if name is None or has_text_of_its_own(Class, name)
    ]


def docstring_errors(Class, method):
    numpydoc = pytest.importorskip("numpydoc.validate")
    path = [Class.__module__, Class.__qualname__, *([method] if method else [])]
    codes = dict(numpydoc.validate(".".join(path))["errors"])
    left_out = NOT_CHECKED | (ONLY_FOR_CLASSES if method else set())
    if method and isinstance(inspect.getattr_static(Class, method), property):
        left_out = left_out | {"PR02", "GL08"}
    return {code: text for code, text in codes.items() if code not in left_out}


@in_turn_for_each(("Class", "method"), documented(classes(SEARCHES | AS_IN_SKLEARN)))
def test_docstrings_of_searches_are_valid(Class, method):
    assert docstring_errors(Class, method) == {}


@in_turn_for_each(
    ("Class", "method"),
    documented(
        getattr(module, name)
        for module in (space, samplers, schedulers)
        for name in module.__all__
        if inspect.isclass(getattr(module, name, None))
    ),
)
def test_docstrings_of_the_core_are_valid(Class, method):
    # The core is documented in few words.
    assert set(docstring_errors(Class, method)) - ONLY_FOR_CLASSES == set()


@pytest.mark.parametrize(
    "name", [n for n in schedulers.__all__ if inspect.isroutine(getattr(schedulers, n))]
)
def test_docstrings_of_functions_of_schedulers_are_valid(name):
    numpydoc = pytest.importorskip("numpydoc.validate")
    errors = dict(numpydoc.validate(f"sklearn_automl.schedulers.{name}")["errors"])
    assert set(errors) - NOT_CHECKED - ONLY_FOR_CLASSES == set()


@pytest.mark.parametrize("name", sorted(LAZY))
def test_docstrings_of_estimators_that_need_torch_are_valid(name):
    estimators = pytest.importorskip("sklearn_automl.nas.estimators")
    Class = getattr(estimators, name)
    # That of the constructor's options is the class's.
    inherited = {"get_params", "set_params", "get_metadata_routing", "score"}
    methods = [m for m in public_methods(Class) if m not in inherited]
    methods = [m for m in methods if not m.endswith("_request")]
    for method in [None, *methods]:
        assert docstring_errors(Class, method) == {}


@pytest.mark.parametrize("name", sorted(LAZY))
def test_parameters_of_estimators_that_need_torch_are_documented(name, docscrape):
    estimators = pytest.importorskip("sklearn_automl.nas.estimators")
    signature = inspect.signature(getattr(estimators, name)).parameters
    documented = docscrape.ClassDoc(getattr(estimators, name))["Parameters"]
    names = [str(p).partition(":")[0].partition("=")[0] for p in signature.values()]
    assert [p.name for p in documented] == names
    stated = {p.name: p.type.rpartition("default=")[2].strip('"') for p in documented}
    assert stated == {
        k: str(p.default) for k, p in signature.items() if p.kind is not p.VAR_KEYWORD
    } | {"**net_options": "dict"}


@pytest.fixture(scope="module")
def docscrape():
    return pytest.importorskip("numpydoc.docscrape")


@every_search
def test_documented_parameters_are_those_of_the_signature_in_order(Search, docscrape):
    parameters = docscrape.ClassDoc(Search)["Parameters"]
    assert [p.name for p in parameters] == list(inspect.signature(Search).parameters)


@every_search
def test_documented_defaults_are_those_of_the_signature(Search, docscrape):
    described = {p.name: p.type for p in docscrape.ClassDoc(Search)["Parameters"]}
    stated = {
        name: match[1].strip("\"'")
        for name, text in described.items()
        if (match := re.search(r"default=(\S+)$", text))
    }
    actual = {name: str(value) for name, value in keyword_defaults(Search).items()}
    assert stated == actual


def public_callables(module):
    """Yield functions, classes and their methods, but not what scikit-learn writes."""
    values = [getattr(module, name) for name in module.__all__]
    values = [v for v in values if inspect.isroutine(v) or inspect.isclass(v)]
    yield from values
    for Class in filter(inspect.isclass, values):
        for name in public_methods(Class):
            method = getattr(Class, name)
            if getattr(method, "__module__", "").startswith("sklearn_automl"):
                yield method


@pytest.mark.parametrize("module", [space, samplers, schedulers, storage, ensemble])
def test_documented_defaults_of_the_core_are_those_of_the_signature(module, docscrape):
    n_stated = 0
    for value in public_callables(module):
        signature = inspect.signature(value).parameters
        for parameter in docscrape.FunctionDoc(value)["Parameters"]:
            if match := re.search(r"default=(\S+)$", parameter.type):
                known = {"inf": math.inf, "1/3": 1 / 3}
                stated = known.get(match[1]) or ast.literal_eval(match[1])
                assert signature[parameter.name].default == stated, value
                n_stated += 1
    assert n_stated


@every_search
def test_documented_methods_have_the_parameters_they_take(Search, docscrape):
    for name in ("fit", "plan", "to_frame"):
        method = getattr(Search, name)
        stated = [
            p.name.lstrip("*") for p in docscrape.FunctionDoc(method)["Parameters"]
        ]
        assert stated == list(inspect.signature(method).parameters)[1:]


def fitted_attributes(search):
    """Return the public attributes that fit made, properties among them."""
    properties = [
        name
        for name in dir(type(search))
        if isinstance(inspect.getattr_static(type(search), name), property)
        and hasattr(search, name)
    ]
    return {
        name
        for name in [*vars(search), *properties]
        if name.endswith("_") and not name.startswith("_")
    }


@pytest.fixture(scope="module")
def data():
    X, y = make_classification(n_samples=60, random_state=0)
    return X, np.array(["no", "yes"])[y]


def fit(Search, data, **params):
    search = Search(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=2, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return search.fit(*data)


@every_search
def test_documented_attributes_are_those_that_fit_makes(Search, docscrape, data):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(data[0]).add_prefix("x")
    names = {a.name for a in docscrape.ClassDoc(Search)["Attributes"]}
    several = {"scoring": ["accuracy", "roc_auc"], "refit": "accuracy"}
    search = fit(Search, (X, data[1]), ensemble=2, **several)
    assert fitted_attributes(search) == names


@every_search
def test_without_refit_only_what_needs_it_is_missing(Search, docscrape, data):
    attributes = docscrape.ClassDoc(Search)["Attributes"]
    names = {a.name for a in attributes}
    of_best = {"classes_", "n_features_in_", "feature_names_in_"}
    needs = {a.name for a in attributes if "Only with `refit`" in " ".join(a.desc)}
    found = fitted_attributes(fit(Search, data, refit=False))
    assert names - found == needs | of_best | {"pareto_front_"}  # of one metric


@every_search
def test_nothing_is_fitted_before_fit(Search):
    assert fitted_attributes(Search(LogisticRegression(), {"C": [1.0]})) == set()


# ---- import ----------------------------------------------------------------------

ROOT = Path(__file__).parents[1]
REQUIRED = {"cloudpickle", "joblib", "loky", "numpy", "scipy", "sklearn"}


def run_fresh(code):
    """Run code in a new process, with all warnings shown."""
    run = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run


@pytest.fixture(scope="module")
def imported():
    """Import the package in a new process, after what it is built upon."""
    run = run_fresh("""
import json
import sys
import time

began = time.process_time()
import sklearn.model_selection
theirs = time.process_time() - began
before = set(sys.modules)
print("-- ours", flush=True)
print("-- ours", file=sys.stderr, flush=True)
began = time.process_time()
import sklearn_automl
ours = time.process_time() - began
print("-- end")
names = set(sys.modules)
new = {n.partition(".")[0] for n in names - before} - set(sys.stdlib_module_names)
print(json.dumps({"names": list(names), "new": list(new), "times": [ours, theirs]}))
""")
    out, _, result = run.stdout.partition("-- ours")[2].partition("-- end")
    printed = out + run.stderr.partition("-- ours")[2]
    return {**json.loads(result), "printed": printed.strip()}


def test_import_is_silent(imported):
    assert imported["printed"] == ""


def test_import_loads_only_what_is_required(imported):
    # Compiled modules of scikit-learn 1.7 name themselves, as in ``_loss``.
    new = {name for name in imported["new"] if not name.startswith("_")}
    assert new <= REQUIRED | {"sklearn_automl"}


def test_import_loads_nothing_that_is_optional(imported):
    # scikit-learn may have loaded some of them.
    assert not OPTIONAL & set(imported["new"])


def test_import_takes_less_than_that_of_scikit_learn(imported):
    ours, theirs = imported["times"]
    assert ours < theirs


def test_a_search_runs_where_nothing_optional_is_installed():
    run = run_fresh("""
import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name in {"torch", "skorch", "matplotlib", "pandas", "rich", "cmaes"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NotInstalled())
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn_automl import HyperbandSearchCV
space = {"var_smoothing": [1e-9, 1e-5, 1e-1]}
search = HyperbandSearchCV(GaussianNB(), space, random_state=0)
print(search.fit(*load_iris(return_X_y=True)).best_score_ > 0.5)
""")
    assert run.stdout.strip() == "True"


class NotInstalled:
    def __init__(self, missing):
        self.missing = missing

    def find_spec(self, name, path=None, target=None):
        if name == self.missing:
            raise ModuleNotFoundError(name, name=name)


@pytest.fixture
def not_imported(monkeypatch):
    """Let Python find nothing imported of what needs torch, until the test ends."""

    def forget(words):
        for name in [n for n in sys.modules if n.startswith(words)]:
            monkeypatch.delitem(sys.modules, name)

    # To import torch in a new process takes seconds.
    if hasattr(sklearn_automl, "nas"):
        monkeypatch.delattr(sklearn_automl, "nas")
    forget("sklearn_automl.nas")
    yield forget
    for name in [n for n in sys.modules if n.startswith("sklearn_automl.nas")]:
        del sys.modules[name]


@pytest.mark.parametrize("missing", ["torch", "skorch"])
def test_without_torch_or_skorch_it_is_said_what_to_install(
    missing, not_imported, monkeypatch
):
    not_imported(missing)
    monkeypatch.setattr(sys, "meta_path", [NotInstalled(missing), *sys.meta_path])
    with pytest.raises(ImportError) as caught:
        _ = sklearn_automl.NASClassifier
    assert missing not in sys.modules
    assert str(caught.value) == (
        'NASClassifier needs torch and skorch: pip install "sklearn-automl[nas]".'
    )


@pytest.mark.parametrize("section", ["Parameters", "Attributes"])
def test_what_the_searches_share_is_said_in_the_same_words(section):
    numpydoc = pytest.importorskip("numpydoc.docscrape")
    # Which resources and samplers a search takes depends on what it does, and those
    # with candidates race only by a metric that is named.
    own = {"promotion_metric", "resource", "sampler"}
    words = runpy.run_path(str(ROOT / ".ci" / "share_docstrings.py"))["WORDS_OF_THEIRS"]
    texts = {}
    for name in SEARCHES | AS_IN_SKLEARN:
        text = inspect.getdoc(getattr(sklearn_automl, name))
        for entry in numpydoc.NumpyDocString(text)[section]:
            family = name in AS_IN_SKLEARN and entry.name in words
            versions = texts.setdefault((entry.name, family), set())
            versions.add(tuple(entry.desc))
    differ = {entry for (entry, _), versions in texts.items() if len(versions) > 1}
    assert differ <= own
