"""Keywords of other packages."""

import inspect

import pytest
from sklearn.base import clone
from sklearn.svm import SVC

from sklearn_automl import GridSearchCV, HyperbandSearchCV, SuccessiveHalvingSearchCV
from tests.model_selection.searches import AS_IN_SKLEARN, SEARCHES


@pytest.mark.parametrize(
    ("Search", "keyword", "meant"),
    [
        (SuccessiveHalvingSearchCV, "param_grid", "called 'param_distributions' here"),
        (GridSearchCV, "param_distributions", "called 'param_grid' here"),
        (SuccessiveHalvingSearchCV, "n_trials", "called 'n_iter' here"),
        (SuccessiveHalvingSearchCV, "n_candidates", "called 'n_iter' here"),
        (HyperbandSearchCV, "n_iter", "The rungs say how many are tried"),
        (HyperbandSearchCV, "pre_dispatch", "Leave it out"),
        (HyperbandSearchCV, "timeout", "'time_limit' or 'trial_timeout'"),
        (HyperbandSearchCV, "facter", "Did you mean 'factor'?"),
        (HyperbandSearchCV, "reduction_factor", "It is called 'factor' here."),
        (HyperbandSearchCV, "seed", "It is called 'random_state' here."),
        (HyperbandSearchCV, "max_budget", "It is called 'max_resources' here."),
        (HyperbandSearchCV, "num_samples", "The rungs say how many are tried"),
        (SuccessiveHalvingSearchCV, "num_samples", "It is called 'n_iter' here."),
        (SuccessiveHalvingSearchCV, "max_evals", "It is called 'n_iter' here."),
        (SuccessiveHalvingSearchCV, "n_calls", "It is called 'n_iter' here."),
        (HyperbandSearchCV, "space", "called 'param_distributions' here"),
        (HyperbandSearchCV, "config", "called 'param_distributions' here"),
        (HyperbandSearchCV, "iid", "Leave it out: nothing here depends on it."),
    ],
)
def test_an_unknown_keyword_is_explained(Search, keyword, meant):
    with pytest.raises(TypeError, match="unexpected keyword") as error:
        Search(SVC(), {"C": [1]}, **{keyword: 1})
    assert f"{Search.__name__}.__init__() got" in str(error.value)
    assert meant in str(error.value)


@pytest.mark.parametrize("Search", SEARCHES + AS_IN_SKLEARN)
def test_the_constructor_is_what_it_was(Search):
    names = list(inspect.signature(Search).parameters)
    assert names[0] == "estimator"
    assert sorted(names) == sorted(clone(Search(SVC(), {})).get_params(deep=False))


def test_a_missing_argument_is_told_as_ever():
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        HyperbandSearchCV()


class PassesOn(GridSearchCV):
    def __init__(self, estimator, param_grid, **others):
        super().__init__(estimator, param_grid, **others)


def test_a_subclass_may_pass_keywords_on():
    assert PassesOn(SVC(), {"C": [1]}, cv=3).cv == 3
