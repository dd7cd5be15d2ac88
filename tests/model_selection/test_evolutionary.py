import warnings

import numpy as np
import pytest
from scipy.stats import loguniform, uniform
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from sklearn_automl import ASHASearchCV, EvolutionarySearchCV, HyperbandSearchCV
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.samplers import GeneticSampler, make_sampler
from sklearn_automl.space import When
from tests.fakes import ScoreIsParameter

STRATEGIES = [
    "genetic",
    "regularized_evolution",
    "differential_evolution",
    "particle_swarm",
    "cma_es",
]
SPACE = {"value": uniform(0, 0.9)}


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=90, n_informative=5, random_state=0)


@pytest.fixture(params=STRATEGIES)
def strategy(request):
    if request.param == "cma_es":
        pytest.importorskip("cmaes")
    return request.param


def make(estimator=None, space=SPACE, **params):
    estimator = ScoreIsParameter() if estimator is None else estimator
    defaults = {"cv": 2, "random_state": 0, "population_size": 6, "n_generations": 5}
    return EvolutionarySearchCV(estimator, space, **{**defaults, **params})


def values(search):
    return np.array([params["value"] for params in search.cv_results_["params"]])


def test_tries_a_population_in_each_generation(strategy, data):
    search = make(strategy=strategy).fit(*data)
    assert search.n_trials_ == 30
    assert search.brackets_ == [[(30, 45)]]
    assert list(search.plan(90)["n_candidates"]) == [30]


def test_later_configurations_are_better(strategy, data):
    search = make(strategy=strategy, n_generations=8).fit(*data)
    tried = values(search)
    assert np.median(tried[-20:]) > np.median(tried[:6])
    assert search.best_score_ > 0.85  # of at most 0.9


def test_the_population_is_of_its_size(data):
    search = make().fit(*data)
    sampler = GeneticSampler(population_size=6)
    same = ASHASearchCV(
        ScoreIsParameter(),
        SPACE,
        sampler=sampler,
        n_iter=30,
        resource=None,
        cv=2,
        random_state=0,
    ).fit(*data)
    assert (values(search) == values(same)).all()


def test_the_same_seed_gives_the_same_result(strategy, data):
    first, again = (values(make(strategy=strategy).fit(*data)) for _ in range(2))
    other = values(make(strategy=strategy, random_state=1).fit(*data))
    assert (first == again).all()
    assert (first != other).any()


def test_with_a_resource_the_best_are_promoted(strategy, data):
    params = {"resource": "n_samples", "min_resources": 15, "folds": "all"}
    search = make(strategy=strategy, **params).fit(*data)
    (rungs,) = search.brackets_
    assert [resource for _, resource in rungs] == [15, 45]
    assert rungs[0][0] == 30
    assert rungs[1][0] >= 10
    results = search.cv_results_
    promoted = results["trial_id"][results["rung"] == 1]
    assert set(promoted) != set(range(len(promoted)))
    assert results["n_resources"][search.best_index_] == 45


def test_the_best_is_bred_with_conditions_and_alternatives(data):
    space = [
        {"criterion": ["gini", "entropy"], "max_depth": [1, 2, 4, 8, 16]},
        {
            "splitter": ["best", "random"],
            "min_samples_leaf": When("splitter", "random", [1, 2, 4]),
        },
    ]
    for strategy in STRATEGIES[:-1]:
        search = make(DecisionTreeClassifier(), space, strategy=strategy)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SearchWarning)
            assert search.fit(*data).n_trials_ == 14


def test_cma_es_names_what_it_cannot_search(data):
    pytest.importorskip("cmaes")
    space = {"criterion": ["gini", "entropy", "log_loss"]}
    search = make(DecisionTreeClassifier(), space, strategy="cma_es")
    with pytest.raises(ValueError, match="CMAESSampler cannot search 'criterion'"):
        search.fit(*data)


def test_a_population_that_is_too_small_is_named(data):
    search = make(strategy="differential_evolution", population_size=3)
    with pytest.raises(ValueError, match=r"population_size=3 .* at least 4"):
        search.fit(*data)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"strategy": "simulated_annealing"}, "'strategy'.*'genetic'"),
        ({"population_size": 1}, "'population_size'.*Got 1"),
        ({"n_generations": 0}, "'n_generations'.*Got 0"),
    ],
)
def test_parameters_are_refused_by_name(params, words, data):
    with pytest.raises(ValueError, match=words):
        make(**params).fit(*data)


def test_a_small_space_is_used_up_with_a_warning(data):
    search = make(space={"value": [0.1, 0.2, 0.3]})
    with pytest.warns(SearchWarning, match="has 3 configurations, fewer than pop"):
        search.fit(*data)
    assert search.n_trials_ == 3


def test_there_are_no_more_rungs_than_the_trials_can_fill(data):
    search = make(resource="n_samples", min_resources=5, n_generations=1, factor=3)
    search.fit(*data)
    assert search.cv_results_["n_folds"][search.best_index_] == search.n_splits_


@pytest.mark.workers
def test_a_slow_evaluation_holds_nobody_up(data):
    search = make(population_size=4, n_jobs=2).fit(*data)
    assert search.n_trials_ == 20
    assert search.best_score_ > 0.7


def test_a_checkpoint_goes_on_with_more_generations(data, tmp_path):
    path = tmp_path / "search.db"
    first = make(n_generations=2, checkpoint=path).fit(*data)
    more = make(n_generations=4, checkpoint=path).fit(*data)
    assert (values(more)[:12] == values(first)).all()
    assert (values(more) == values(make(n_generations=4).fit(*data))).all()


def test_after_dehb_is_hyperband_with_differential_evolution(data):
    space = {"C": loguniform(1e-4, 1e4)}
    search = HyperbandSearchCV(
        LogisticRegression(),
        space,
        sampler="differential_evolution",
        min_resources=5,
        max_resources=45,
        n_iterations=2,
        cv=2,
        random_state=0,
    ).fit(*data)
    assert [len(rungs) for rungs in search.brackets_] == [3, 2, 1] * 2
    assert np.isfinite(search.best_score_)


def test_a_strategy_is_the_sampler_of_that_name(strategy, data):
    ours = make(strategy=strategy).fit(*data)
    sampler = make_sampler(strategy, population_size=6)
    theirs = ASHASearchCV(
        ScoreIsParameter(),
        SPACE,
        sampler=sampler,
        resource=None,
        n_iter=30,
        cv=2,
        random_state=0,
    ).fit(*data)
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    assert type(ours.sampler_) is type(sampler)
