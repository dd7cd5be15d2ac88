"""The contract of all samplers. A new one is one line in ``contract.SAMPLERS``."""

import copy
import functools
import math
import pickle
from importlib.util import find_spec

import numpy as np
import pytest

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import Observation, sampler_names
from tests.cases import in_turn_for_each
from tests.samplers.contract import (
    CASES,
    FINITE_SPACES,
    LEARNING,
    REPRESENTATIVE_CASES,
    SAMPLERS,
    SEES_DIFFERENCES,
    SPACES,
    bind,
    draw,
    loss_of,
    n_draws,
    proposals,
    texts,
)

FINITE_CASES = [(sampler, space) for sampler, space in CASES if space in FINITE_SPACES]

# A test for each sampler, in one space after the other.
each_case = in_turn_for_each(("sampler", "space"), CASES)
each_representative_case = in_turn_for_each(("sampler", "space"), REPRESENTATIVE_CASES)
each_finite_case = in_turn_for_each(("sampler", "space"), FINITE_CASES)
each_sampler = pytest.mark.parametrize("sampler", SAMPLERS)
# Every sampler with each of these losses, and by turns in its representative spaces.
NOT_FINITE = [
    (sampler, spaces[i % len(spaces)], loss)
    for n, sampler in enumerate(SAMPLERS)
    for spaces in [[space for s, space in REPRESENTATIVE_CASES if s == sampler]]
    for i, loss in enumerate([math.inf, -math.inf, math.nan], start=n)
]
# Where it does not matter which space: one that all can draw from.
SPACE = "ordered"


def keys(space, configs):
    return [SPACES[space].key(config) for config in configs]


@functools.cache
def exhausted(sampler, space):
    """Return a sampler that has proposed all of a finite space, and its proposals."""
    bound = bind(sampler, space)
    return bound, draw(bound, 1000)


def test_every_sampler_that_has_a_name_keeps_the_contract():
    names = sampler_names()
    if find_spec("cmaes") is None:
        names -= {"cma_es"}
    assert names <= set(SAMPLERS)


@each_case
def test_proposals_lie_in_the_space(sampler, space):
    assert proposals(sampler, space)
    for config in proposals(sampler, space):
        SPACES[space].check(config)


@each_case
def test_values_are_native_python(sampler, space):
    for config in proposals(sampler, space):
        for value in config.values():
            assert not isinstance(value, np.generic)
            assert not (isinstance(value, np.ndarray) and value.ndim == 0)


@each_case
def test_never_proposes_a_duplicate(sampler, space):
    proposed = keys(space, proposals(sampler, space))
    assert len(set(proposed)) == len(proposed)


@each_representative_case
def test_never_proposes_a_duplicate_of_what_runs(sampler, space):
    proposed = keys(space, draw(bind(sampler, space), n_draws(sampler, 60), delay=4))
    assert len(set(proposed)) == len(proposed)


@each_representative_case
def test_same_seed_same_sequence(sampler, space):
    n = n_draws(sampler, 40)
    again = draw(bind(sampler, space), n)
    assert texts(again) == texts(proposals(sampler, space)[:n])


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name != "grid"])
def test_another_seed_gives_another_sequence(sampler):
    sequence = [texts(draw(bind(sampler, SPACE, seed=s), 10)) for s in (1, 2)]
    assert sequence[0] != sequence[1]


# What is not finite must not come as far as a sum.
@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(("sampler", "space", "loss"), NOT_FINITE)
def test_losses_that_are_not_finite_do_not_break_it(sampler, space, loss):
    some = iter([0.5, loss] * 50)
    n = n_draws(sampler, 30)
    configs = draw(bind(sampler, space), n, lambda _: next(some))
    configs += draw(bind(sampler, space), n, lambda _: loss)
    assert all(config in SPACES[space] for config in configs)


@each_representative_case
def test_can_be_told_before_it_is_asked(sampler, space):
    rng = np.random.default_rng(5)
    bound = bind(sampler, space)
    for i in range(20):
        config = SPACES[space].sample(rng)
        bound.tell(Observation(config, i / 7, 3.0 ** (i % 3)))
    assert all(config in SPACES[space] for config in draw(bound, 10))


@pytest.mark.parametrize("sampler", LEARNING)
@pytest.mark.parametrize("power", [6, 600, -600])
def test_the_scale_of_losses_does_not_matter(sampler, power):
    space = "endless_numeric"
    plain = texts(proposals(sampler, space)[:30])
    # Powers of two, so that nothing is rounded.
    n = len(plain)
    scaled = draw(bind(sampler, space), n, lambda c: 2.0**power * loss_of(c))
    assert texts(scaled) == plain


@pytest.mark.parametrize("sampler", sorted(set(LEARNING) - SEES_DIFFERENCES))
def test_only_the_order_of_losses_matters(sampler):
    space = "endless_numeric"
    plain = texts(draw(bind(sampler, space), 40))
    assert texts(draw(bind(sampler, space), 40, lambda c: loss_of(c) ** 3 - 7)) == plain


@pytest.mark.parametrize("sampler", LEARNING)
def test_what_it_was_told_changes_what_it_proposes(sampler):
    space = "endless_numeric"
    plain = texts(draw(bind(sampler, space), 40))
    assert texts(draw(bind(sampler, space), 40, lambda c: -loss_of(c))) != plain


@each_representative_case
def test_goes_on_after_pickling_as_one_that_was_not_pickled(sampler, space):
    bound, drawn = bind(sampler, space), 0
    for n in (0, 5, 12):
        draw(bound, n - drawn, first=drawn)
        drawn = n
        restored = pickle.loads(pickle.dumps(bound))
        n_after = n_draws(sampler, 30)
        after = proposals(sampler, space)[n : n + n_after]
        assert texts(draw(restored, n_after, first=n)) == texts(after)


@each_finite_case
def test_a_finite_space_is_exhausted_exactly(sampler, space):
    _, configs = exhausted(sampler, space)
    proposed = keys(space, configs)
    assert sorted(proposed) == sorted(set(keys(space, SPACES[space])))


@each_finite_case
def test_an_exhausted_space_stays_exhausted(sampler, space):
    bound, _ = exhausted(sampler, space)
    for _ in range(3):
        with pytest.raises(SearchSpaceExhausted):
            bound.ask()


@each_case
def test_initial_configurations_come_first_in_their_order(sampler, space):
    initial = draw(bind(sampler, space, seed=99), 3)[::-1]
    bound = bind(sampler, space, initial=initial)
    assert texts(draw(bound, len(initial))) == texts(initial)


@each_representative_case
def test_initial_configurations_do_not_come_again(sampler, space):
    initial = draw(bind(sampler, space, seed=99), 3)
    n = 1000 if space in FINITE_SPACES else n_draws(sampler, 50)
    proposed = keys(space, draw(bind(sampler, space, initial=initial * 2), n))
    assert len(set(proposed)) == len(proposed)


@each_finite_case
def test_initial_configurations_use_up_a_finite_space(sampler, space):
    initial = list(SPACES[space])
    bound = bind(sampler, space, initial=initial)
    assert len(draw(bound, 1000)) == len(set(keys(space, initial)))


@each_representative_case
def test_how_each_proposal_came_about_is_counted(sampler, space):
    initial = draw(bind(sampler, space, seed=99), 2)
    bound = bind(sampler, space, initial=initial * 2)
    configs = draw(bound, n_draws(sampler, 40))
    assert bound.n_proposals.total() == len(configs)
    # Those that were passed to bind, and not the sampler's own first design.
    assert bound.n_proposals["initial"] == len(initial)


@each_finite_case
def test_what_is_left_of_a_finite_space_is_counted_as_nothing_new(sampler, space):
    bound, configs = exhausted(sampler, space)
    assert bound.n_proposals.total() == len(configs)
    assert bound.n_proposals["initial"] == 0
    if sampler.startswith("grid"):
        assert bound.n_proposals == {"grid": len(configs)}


@each_sampler
def test_an_initial_configuration_outside_of_the_space_is_refused(sampler):
    good = {"depth": 1, "n": 4, "bootstrap": True}
    bad = {"depth": 3, "n": 4, "bootstrap": True}
    with pytest.raises(ValueError, match=r"initial_params\[1\]=.*'depth'=3 is outside"):
        bind(sampler, SPACE, initial=[good, bad])


@each_sampler
def test_initial_configurations_can_be_any_iterable_and_are_not_changed(sampler):
    initial = draw(bind(sampler, SPACE, seed=99), 3)
    before = copy.deepcopy(initial)
    from_list = draw(bind(sampler, SPACE, initial=initial), 10)
    from_iterator = draw(bind(sampler, SPACE, initial=iter(initial)), 10)
    assert from_list == from_iterator
    assert initial == before


@each_sampler
def test_initial_configurations_have_the_types_of_the_space(sampler):
    initial = [{"depth": 4.0, "n": np.int64(4), "bootstrap": np.True_}]
    configs = draw(bind(sampler, SPACE, initial=initial), 1000)
    assert texts(configs[:1]) == ["{'depth': 4, 'n': 4, 'bootstrap': True}"]
    assert len(configs) == SPACES[SPACE].size


@each_sampler
def test_bind_leaves_the_original_untouched(sampler):
    before = copy.deepcopy(vars(SAMPLERS[sampler]))
    draw(bind(sampler, SPACE), 10)
    assert vars(SAMPLERS[sampler]) == before


@each_sampler
def test_two_bound_copies_do_not_disturb_each_other(sampler):
    alone_too = bind(sampler, SPACE)
    alone = [alone_too.ask() for _ in range(10)]
    one, other = bind(sampler, SPACE), bind(sampler, SPACE)
    pairs = [(one.ask(), other.ask()) for _ in range(10)]
    assert [config for config, _ in pairs] == [config for _, config in pairs] == alone


@each_sampler
def test_binding_a_bound_copy_starts_afresh(sampler):
    bound = bind(sampler, SPACE)
    first = draw(bound, 24)
    again = bound.bind(SPACES[SPACE], np.random.default_rng(0))
    assert draw(again, 24) == first


@each_sampler
def test_must_be_bound_before_it_is_asked(sampler):
    name = type(SAMPLERS[sampler]).__name__
    with pytest.raises(RuntimeError, match=rf"{name} has no search space.*bind\("):
        SAMPLERS[sampler].ask()


@each_sampler
def test_global_random_state_is_neither_used_nor_changed(sampler):
    expected = draw(bind(sampler, SPACE), 10)
    np.random.seed(3)  # noqa: NPY002  (the global state is what is tested)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert draw(bind(sampler, SPACE), 10) == expected
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@each_sampler
def test_proposals_belong_to_the_caller(sampler):
    def proposals(what_the_caller_does):
        bound = bind(sampler, SPACE)
        for _ in range(SPACES[SPACE].size):
            config = bound.ask()
            yield repr(config)
            what_the_caller_does(config)

    assert list(proposals(dict.clear)) == list(proposals(lambda config: None))
