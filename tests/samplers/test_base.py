"""What the base class does for every sampler, seen with the simplest ones."""

import numpy as np
import pytest
from scipy.stats import rv_discrete, uniform

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import Observation, Proposal, RandomSampler, Sampler
from sklearn_automl.space import SearchSpace
from tests.samplers.contract import LEARNING, SAMPLERS, SPACES, draw
from tests.samplers.contract import bind as bind_by_name

ENDLESS = SearchSpace({"x": uniform()})
FINITE = SearchSpace({"x": [0, 1, 2]})


class Scripted(Sampler):
    """Proposes given values, the last one again and again."""

    def __init__(self, *values):
        self.values = values

    def start(self):
        self.resources, self.noted, self.repeated = [], [], []
        self._left = list(self.values)

    def propose(self, resource):
        self.resources.append(resource)
        value = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        return Proposal({"x": value}, "scripted", memo=f"memo of {value}")

    def note_asked(self, proposal):
        self.noted.append(proposal)


class Patient(Scripted):
    """Has something else to say when a configuration is not new."""

    def propose_another(self, resource, repeated):
        self.repeated.append((resource, repeated.config["x"]))
        return Proposal({"x": repeated.config["x"] + 1}, "another")


def bind(sampler, space=FINITE, **options):
    return sampler.bind(space, np.random.default_rng(0), **options)


def test_a_sampler_is_told_the_resource_that_is_asked_for():
    sampler = bind(Scripted(0, 1, 2))
    sampler.ask()
    sampler.ask(9)
    sampler.ask_together(1, 3)
    assert sampler.resources == [1, 9, 3]


def test_what_is_asked_for_is_noted_with_how_it_came_about_and_its_memo():
    sampler = bind(Scripted(1, 2), initial=[{"x": 0}])
    configs = [sampler.ask() for _ in range(3)]
    assert [proposal.config for proposal in sampler.noted] == configs
    assert sampler.noted == [
        Proposal({"x": 0}, "initial"),
        Proposal({"x": 1}, "scripted", "memo of 1"),
        Proposal({"x": 2}, "scripted", "memo of 2"),
    ]


def test_an_initial_configuration_of_another_space_is_named():
    with pytest.raises(ValueError, match=r"initial_params\[1\]={'x': 7} is not in"):
        bind(Scripted(0), initial=[{"x": 1}, {"x": 7}])


def test_a_repeated_proposal_is_neither_counted_nor_noted():
    sampler = bind(Scripted(1, 1, 1, 2))
    assert [sampler.ask()["x"], sampler.ask()["x"]] == [1, 2]
    assert sampler.n_proposals == {"scripted": 2}
    assert len(sampler.noted) == 2
    assert len(sampler.resources) == 4


def test_another_one_is_asked_for_instead_of_what_is_not_new():
    sampler = bind(Patient(0))
    assert [sampler.ask(7)["x"] for _ in range(3)] == [0, 1, 2]
    assert sampler.repeated == [(7, 0), (7, 0), (7, 1)]
    assert sampler.n_proposals == {"scripted": 1, "another": 2}


def test_a_sampler_that_repeats_itself_does_not_use_up_an_endless_space():
    sampler = bind(Scripted(0.5), ENDLESS)
    values = {sampler.ask()["x"] for _ in range(5)}
    assert len(values) == 5
    assert sampler.n_proposals == {"scripted": 1, "nothing new": 4}
    # After a hundred repeats the space itself is drawn from, until the next time.
    assert len(sampler.resources) == 1 + 4 * 101


def test_a_sampler_that_repeats_itself_is_asked_again_the_next_time():
    sampler = bind(Scripted(*[0.5] * 102, 0.75), ENDLESS)
    assert sampler.ask()["x"] == 0.5
    assert sampler.ask()["x"] != 0.75
    assert sampler.ask()["x"] == 0.75


def test_what_is_left_of_a_finite_space_comes_when_draws_are_not_new():
    space = SearchSpace({"x": list(range(1000))})
    sampler = bind(Scripted(0), space, initial=[{"x": i} for i in range(999)])
    assert sampler.ask_together(2000) == [{"x": i} for i in [*range(999), 999]]
    assert sampler.n_proposals == {"initial": 999, "nothing new": 1}


def test_what_is_left_of_a_finite_space_comes_in_random_order(monkeypatch):
    space = SearchSpace({"x": list(range(40))})
    monkeypatch.setattr(space, "sample", lambda rng: {"x": 0})
    left = [config["x"] for config in bind(Scripted(0), space).ask_together(40)[1:]]
    assert sorted(left) == list(range(1, 40)) != left


def test_what_somebody_else_has_found_is_counted_and_noted_once():
    sampler = bind(Scripted(0))
    assert sampler.accept({"x": 1}, "elsewhere")
    assert not sampler.accept({"x": 1}, "elsewhere")
    assert sampler.n_proposals == {"elsewhere": 1}
    assert sampler.noted == [Proposal({"x": 1}, "elsewhere")]


def test_a_configuration_is_new_until_it_is_proposed():
    sampler = bind(Scripted(1))
    assert sampler.is_new({"x": 1})
    assert sampler.is_new({"x": 1})
    sampler.ask()
    assert not sampler.is_new({"x": 1})
    sampler.tell(Observation({"x": 2}, 0.0, 1))
    assert sampler.is_new({"x": 2})


def test_a_sampler_may_end_before_the_space_does():
    class Two(Scripted):
        def propose(self, resource):
            if len(self.resources) == 2:
                raise SearchSpaceExhausted
            return super().propose(resource)

    sampler = bind(Two(0, 1, 2))
    assert len(sampler.ask_together(10)) == 2
    with pytest.raises(SearchSpaceExhausted):
        sampler.ask()


def test_counts_begin_anew_when_a_sampler_is_bound_again():
    sampler = bind(Scripted(0))
    sampler.ask()
    assert bind(sampler).n_proposals == {}
    assert sampler.n_proposals == {"scripted": 1}


# ---- where proposals come from ---------------------------------------------------


learning = pytest.mark.parametrize("sampler", LEARNING)


@learning
def test_initial_proposals_are_those_of_initial_params(sampler):
    initial = draw(bind_by_name(sampler, "ordered", seed=99), 2)
    bound = bind_by_name(sampler, "ordered", initial=initial)
    assert len(draw(bound, 1000)) == SPACES["ordered"].size
    assert bound.n_proposals["initial"] == len(initial)
    assert bound.n_proposals.total() == SPACES["ordered"].size


@learning
def test_what_is_left_of_a_space_does_not_count_as_initial(sampler):
    # All but one value are so rare that they are found by listing the space only.
    rare = rv_discrete(values=([1, 2, 3, 4], [1 - 3e-12, 1e-12, 1e-12, 1e-12]))
    space = SearchSpace({"x": rare})
    bound = SAMPLERS[sampler].bind(space, np.random.default_rng(0))
    assert sorted(config["x"] for config in draw(bound, 10)) == [1, 2, 3, 4]
    assert bound.n_proposals["initial"] == 0
    assert bound.n_proposals.total() == 4


def test_initial_configurations_can_be_fewer_and_have_another_origin():
    space = SearchSpace({"a": [1, 2, 3, 4]})
    initial = [{"a": 3}, {"a": 1}, {"a": 2}]
    sampler = RandomSampler().bind(space, np.random.default_rng(0), initial)
    sampler.keep_initial(2, "elsewhere")
    assert sampler.ask_together(4)[:2] == initial[:2]
    assert sampler.n_proposals["elsewhere"] == 2
    origins = [sampler.origin_of({"a": a}) for a in (3, 1, 2, 4)]
    assert origins == ["elsewhere", "elsewhere", "sampler", "sampler"]
