"""What ``Sampler`` itself takes care of, whatever a subclass proposes."""

import numpy as np
import pytest
from scipy.stats import rv_discrete, uniform

from sklearn_automl.samplers import Sampler
from sklearn_automl.space import SearchSpace
from tests.samplers.contract import LEARNING, SAMPLERS, SPACES, bind, draw


class RepeatsItself(Sampler):
    """Proposes one configuration for ever."""

    def _propose(self):
        return {"x": 0.5}


def test_a_sampler_that_repeats_itself_does_not_use_up_an_endless_space():
    sampler = RepeatsItself().bind(
        SearchSpace({"x": uniform()}), np.random.default_rng(0)
    )
    values = [sampler.ask()["x"] for _ in range(20)]
    assert values[0] == 0.5
    assert len(set(values)) == 20
    # They are draws from the space, and spread over it.
    assert min(values) < 0.2 < 0.8 < max(values)


# ---- where proposals come from ---------------------------------------------------


def learning(except_for):
    mark = pytest.mark.xfail(strict=True, reason="ask does not count proposals yet")
    return pytest.mark.parametrize(
        "sampler",
        [
            pytest.param(name, marks=[mark] if name in except_for else [])
            for name in LEARNING
        ],
    )


POPULATIONS = {name for name in LEARNING if name not in {"gp", "kde", "rf"}}


@learning(except_for=POPULATIONS)
def test_initial_proposals_are_those_of_initial_params(sampler):
    initial = draw(bind(sampler, "ordered", seed=99), 2)
    bound = bind(sampler, "ordered", initial=initial)
    assert len(draw(bound, 1000)) == SPACES["ordered"].size
    assert bound.n_proposals["initial"] == len(initial)
    assert bound.n_proposals.total() == SPACES["ordered"].size


@learning(except_for={*LEARNING} - {"cma_es"})
def test_what_is_left_of_a_space_does_not_count_as_initial(sampler):
    # All but one value are so rare that they are found by listing the space only.
    rare = rv_discrete(values=([1, 2, 3, 4], [1 - 3e-12, 1e-12, 1e-12, 1e-12]))
    space = SearchSpace({"x": rare})
    bound = SAMPLERS[sampler].bind(space, np.random.default_rng(0))
    assert sorted(config["x"] for config in draw(bound, 10)) == [1, 2, 3, 4]
    assert bound.n_proposals["initial"] == 0
    assert bound.n_proposals.total() == 4
