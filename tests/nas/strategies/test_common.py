"""The contract of all strategies. A new one is one line in ``contract.STRATEGIES``."""

import copy
import math
import pickle

import numpy as np
import pytest

pytest.importorskip("torch")

from sklearn.base import clone

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.nas import ChainSpace
from sklearn_automl.nas.strategies import (
    Evolution,
    RandomStrategy,
    make_strategy,
    strategy_names,
)
from tests.cases import in_turn_for_each
from tests.nas.strategies import fakes
from tests.nas.strategies.contract import (
    CASES,
    LEARNING,
    N_PROPOSALS,
    SEES_DIFFERENCES,
    SPACES,
    STRATEGIES,
    bind,
    draw,
    proposals,
)
from tests.nas.strategies.fakes import loss_of, tell

# A test for each strategy, in one space after the other.
each_case = in_turn_for_each(("strategy", "space"), CASES)
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


def texts(configs):
    return [repr(config) for config in configs]


def built(space, configs):
    return [SPACES[space].architecture(config) for config in configs]


@each_case
def test_proposals_lie_in_the_space(strategy, space):
    configs = proposals(strategy, space)
    assert len(configs) == N_PROPOSALS
    for config in configs:
        SPACES[space].decisions.check(config)


@each_case
def test_values_are_native_python(strategy, space):
    for config in proposals(strategy, space):
        for value in config.values():
            assert isinstance(value, int | float | str | tuple)
            assert not isinstance(value, np.generic)


@each_case
def test_no_architecture_is_proposed_twice(strategy, space):
    proposed = built(space, proposals(strategy, space))
    assert len(set(proposed)) == len(proposed)


@each_strategy
def test_nor_one_whose_result_is_awaited(strategy):
    proposed = built("graphs", draw(bind(strategy), 25, delay=4))
    assert len(set(proposed)) == len(proposed)


@each_strategy
def test_a_tiny_space_is_exhausted_exactly(strategy):
    space = fakes.Graphs(n_nodes=2).bind((1,))
    bound = fakes.bind(STRATEGIES[strategy], space)
    proposed = [space.architecture(config) for config in draw(bound, 50)]
    assert len(proposed) == len(set(proposed)) == 3 + 3**2 * 2
    for _ in range(3):
        with pytest.raises(SearchSpaceExhausted):
            bound.ask()


@each_strategy
def test_a_space_of_one_architecture(strategy):
    bound = fakes.bind(STRATEGIES[strategy], fakes.Single().bind((1,)))
    assert draw(bound, 5) == [{"only": "a"}]


@each_case
def test_what_is_refused_is_not_proposed(strategy, space):
    def accepts(config):
        return len(SPACES[space].architecture(config).nodes) % 2 == 1

    configs = draw(bind(strategy, space, accepts=accepts), 10)
    assert len(configs) == 10
    assert all(accepts(config) for config in configs)


@each_strategy
def test_what_is_accepted_is_found_however_rare_it_is(strategy):
    rare = bind(strategy, accepts=lambda config: config["n"] == 1)
    assert len(draw(rare, 300)) == 3


@each_strategy
def test_nothing_is_accepted(strategy):
    bound = bind(strategy, accepts=lambda config: False)
    with pytest.raises(SearchSpaceExhausted):
        bound.ask()


@each_strategy
def test_a_configuration_is_refused_once(strategy):
    space, refused = fakes.Graphs(n_nodes=2).bind((1,)), []

    def accepts(config):
        if config["n"] == 2:
            refused.append(space.decisions.key(config))
        return config["n"] == 1

    assert len(draw(fakes.bind(STRATEGIES[strategy], space, accepts=accepts), 50)) == 3
    assert len(set(refused)) == len(refused)


@each_case
def test_same_seed_same_sequence(strategy, space):
    again = texts(draw(bind(strategy, space), 12))
    assert again == texts(proposals(strategy, space)[:12])


@each_strategy
def test_another_seed_gives_another_sequence(strategy):
    sequence = [texts(draw(bind(strategy, seed=s), 10)) for s in (1, 2)]
    assert sequence[0] != sequence[1]


@each_strategy
@pytest.mark.parametrize("loss", [math.inf, -math.inf, math.nan])
def test_losses_that_are_not_finite_do_not_break_it(strategy, loss):
    some = iter([0.5, loss] * 50)
    configs = draw(bind(strategy), 14, lambda _: next(some))
    configs += draw(bind(strategy), 14, lambda _: loss)
    assert len(configs) == 28
    assert all(config in SPACES["graphs"].decisions for config in configs)


@each_strategy
def test_can_be_told_before_it_is_asked(strategy):
    rng = np.random.default_rng(5)
    bound = bind(strategy)
    for i in range(20):
        config = SPACES["graphs"].decisions.sample(rng)
        tell(bound, config, i / 7, 3.0 ** (i % 3))
    assert len(draw(bound, 10)) == 10


@pytest.mark.parametrize("strategy", LEARNING)
def test_the_scale_of_losses_does_not_matter(strategy):
    plain = texts(proposals(strategy, "graphs"))
    # Powers of two, so that nothing is rounded.
    scaled = texts(draw(bind(strategy), N_PROPOSALS, lambda c: 64 * loss_of(c)))
    assert scaled == plain


@pytest.mark.parametrize("strategy", sorted(set(LEARNING) - SEES_DIFFERENCES))
def test_only_the_order_of_losses_matters(strategy):
    plain = texts(proposals(strategy, "graphs"))
    other = draw(bind(strategy), N_PROPOSALS, lambda c: loss_of(c) ** 3 - 7)
    assert texts(other) == plain


@pytest.mark.parametrize("strategy", LEARNING)
def test_what_it_was_told_changes_what_it_proposes(strategy):
    plain = draw(bind(strategy), 25)
    assert draw(bind(strategy), 25, lambda c: -loss_of(c)) != plain


@each_strategy
@pytest.mark.parametrize("n", [0, 12])
def test_goes_on_identically_after_pickling(strategy, n):
    bound = bind(strategy)
    draw(bound, n)
    restored = pickle.loads(pickle.dumps(bound))
    assert texts(draw(restored, 12)) == texts(draw(bound, 12))


@each_strategy
def test_initial_configurations_come_first_in_their_order(strategy):
    initial = draw(bind(strategy, seed=99), 3)[::-1]
    bound = bind(strategy, initial=initial)
    proposed = draw(bound, 16)
    assert proposed[:3] == initial
    assert len(set(built("graphs", proposed))) == len(proposed)


@each_strategy
def test_binding_leaves_the_original_untouched(strategy):
    before = copy.deepcopy(vars(STRATEGIES[strategy]))
    draw(bind(strategy), 10)
    assert vars(STRATEGIES[strategy]) == before


@each_strategy
def test_two_bound_copies_do_not_disturb_each_other(strategy):
    alone_too = bind(strategy)
    alone = [alone_too.ask() for _ in range(10)]
    one, other = bind(strategy), bind(strategy)
    pairs = [(one.ask(), other.ask()) for _ in range(10)]
    assert [config for config, _ in pairs] == [config for _, config in pairs] == alone


@each_strategy
def test_binding_a_bound_copy_starts_afresh(strategy):
    bound = bind(strategy)
    first = draw(bound, 14)
    space = SPACES["graphs"]
    again = bound.bind_architectures(space, np.random.default_rng(0))
    assert draw(again, 14) == first


@each_strategy
def test_must_be_bound_before_it_is_asked(strategy):
    unbound = STRATEGIES[strategy]
    message = rf"{type(unbound).__name__} has no search space.*bind_architectures\("
    with pytest.raises(RuntimeError, match=message):
        unbound.ask()
    with pytest.raises(RuntimeError, match=message):
        unbound.bind(SPACES["graphs"].decisions, np.random.default_rng(0))


@each_strategy
def test_a_space_must_be_bound_before_its_strategy(strategy):
    with pytest.raises(RuntimeError, match=r"bind\(input_shape\)"):
        fakes.bind(STRATEGIES[strategy], ChainSpace())


@each_strategy
def test_global_random_state_is_neither_used_nor_changed(strategy):
    expected = draw(bind(strategy), 12)
    np.random.seed(3)  # noqa: NPY002  (the global state is what is tested)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert draw(bind(strategy), 12) == expected
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@each_strategy
def test_proposals_belong_to_the_caller(strategy):
    def proposals(what_the_caller_does):
        bound = bind(strategy)
        for _ in range(16):
            config = bound.ask()
            yield repr(config)
            tell(bound, config, loss_of(config))
            what_the_caller_does(config)

    assert list(proposals(dict.clear)) == list(proposals(lambda config: None))


@each_strategy
def test_can_be_cloned_with_the_same_parameters(strategy):
    bound = bind(strategy)
    draw(bound, 3)
    for original in (STRATEGIES[strategy], bound):
        cloned = clone(original)
        assert cloned.get_params() == STRATEGIES[strategy].get_params()
        assert repr(cloned) == repr(STRATEGIES[strategy])
        assert not hasattr(cloned, "space")


@each_strategy
def test_proposals_are_counted(strategy):
    bound = bind(strategy)
    n = len(draw(bound, 16))
    assert bound.n_proposals.total() == n == 16


def test_strategies_have_names():
    alone = {"random", "evolution", "bayesian", "reinforce"}
    assert strategy_names() == alone | {"darts", "random_ws", "enas"}
    for name in strategy_names():
        assert (
            make_strategy(name).get_params() == type(make_strategy(name))().get_params()
        )


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"strategy='annealing' is none of 'bayesian'"):
        make_strategy("annealing")


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("evolution", "population_size", 0),
        ("evolution", "tournament_size", 1.5),
        ("evolution", "survival", "oldest"),
        ("evolution", "parents", "best"),
        ("evolution", "crossover_probability", 1.1),
        ("evolution", "inherit_weights", "no"),
        ("reinforce", "learning_rate", 0),
        ("reinforce", "baseline_decay", 1),
        ("reinforce", "baseline_decay", "slow"),
        ("reinforce", "entropy_weight", -1),
        ("reinforce", "rewards", "accuracy"),
        ("bayesian", "encoding", "path"),
        ("bayesian", "n_initial", 1),
        ("bayesian", "random_fraction", 2),
        ("bayesian", "n_candidates", 0),
    ],
)
def test_options_are_checked_when_a_strategy_is_bound(name, option, value):
    strategy = make_strategy(name).set_params(**{option: value})
    message = f"{option}={value!r} of {type(strategy).__name__} must be "
    with pytest.raises(ValueError, match=message):
        fakes.bind(strategy, SPACES["graphs"])


# ---- what a search asks of any strategy ----------------------------------------------


@pytest.mark.parametrize("name", sorted(strategy_names()))
def test_a_strategy_without_a_supernet_derives_nothing(name):
    strategy = make_strategy(name)
    if strategy.supernet_options() is None:
        assert strategy.derive(None, strategy.make_learner()) == []


@pytest.mark.parametrize("name", sorted(strategy_names()))
def test_only_strategies_with_a_supernet_limit_the_trials(name):
    strategy = make_strategy(name)
    limited = strategy.supernet_options() is not None
    assert strategy.most_trials(50) == (3 if limited else 50)
    assert strategy.most_trials(2) == 2


@pytest.mark.parametrize(
    ("strategy", "inherits"),
    [
        (RandomStrategy(), False),
        (Evolution(), False),
        (Evolution(inherit_weights=True), True),
    ],
)
def test_evolution_alone_inherits_weights_if_it_is_told_to(strategy, inherits):
    assert strategy.inherits_weights is inherits
