import math
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("torch")

from scipy.stats import multivariate_normal
from sklearn.gaussian_process.kernels import Matern
from torch import nn

from sklearn_automl.nas import (
    Architecture,
    CellSpace,
    ChainSpace,
    ModuleSpace,
    MultiBranchSpace,
    Node,
)
from sklearn_automl.nas.networks import n_parameters
from sklearn_automl.nas.strategies import Bayesian, RandomStrategy
from sklearn_automl.nas.strategies._sizes import SizeScale
from sklearn_automl.nas.strategies._weisfeiler_lehman import (
    GraphInputs,
    GraphProcess,
    _log_marginal_likelihood,
    wl_features,
)
from sklearn_automl.samplers._surrogate import Inputs
from tests.nas.strategies.fakes import Graphs, bind, run, tell

# b reads the data and a, c reads both of them.
GRAPH = Architecture(
    (
        Node.of("x", "a", "input", width=8),
        Node.of("y", "b", "x", "input", merge="concat"),
        Node.of("z", "a", "y", "x", width=8),
    ),
    head="max",
)


class SizedGraphs(Graphs):
    """The same graphs, of operations that can be built."""

    def architecture(self, config):
        names = {"a": "relu_dense", "b": "identity", "c": "dense"}
        nodes = super().architecture(config).nodes
        return Architecture(
            tuple(
                Node.of(node.name, names[node.operation], *node.inputs)
                for node in nodes
            )
        )


@pytest.fixture
def data():
    """Inputs of a process, scores, and what the inputs number."""
    space = SizedGraphs().bind((3,))
    strategy = bind(Bayesian(encoding="wl"), space)
    rng = np.random.default_rng(0)
    configs = [space.decisions.sample(rng) for _ in range(12)]
    points = strategy._cube.encode(configs)
    x = strategy._inputs(points, np.resize([0.0, 1.0], 12))
    return x, rng.standard_normal(12), strategy._graphs


def good_pairs(space):
    """A loss of graphs: what counts is which operation reads which."""

    def loss(config):
        architecture = space.architecture(config)
        operation_of = {node.name: node.operation for node in architecture.nodes}
        pairs = [
            (operation_of.get(read), node.operation)
            for node in architecture.nodes
            for read in node.inputs
        ]
        return 2.0 * pairs.count(("a", "a")) - pairs.count(("a", "b"))

    return loss


# ---- features --------------------------------------------------------------------


def test_features_of_three_nodes_by_hand():
    before, first, second = wl_features(GRAPH, 2)
    assert before == Counter(
        {
            "input": 1,
            "a": 2,
            "b": 1,
            "max head": 1,
            "width=8": 2,
            "merge=concat": 1,
            "merge=sum": 1,
        }
    )
    assert first == Counter(
        ["input()", "a(input)", "b(a, input)", "a(a, b)", "max head(a)"]
    )
    assert second == Counter(
        [
            "input()()",
            "a(input)(input())",
            "b(a, input)(a(input), input())",
            "a(a, b)(a(input), b(a, input))",
            "max head(a)(a(a, b))",
        ]
    )


def test_features_do_not_depend_on_names_and_order():
    renamed = Architecture(
        (
            Node.of("first", "a", "input", width=8),
            Node.of("second", "b", "input", "first", merge="concat"),
            Node.of("third", "a", "first", "second", width=8),
        ),
        head="max",
    )
    assert wl_features(renamed, 2) == wl_features(GRAPH, 2)


def test_counts_are_the_features():
    inputs = GraphInputs({b"p": GRAPH, b"q": Architecture(GRAPH.nodes[:1])}.get)
    points = np.frombuffer(b"pq", dtype="S1")
    numbered = inputs(points, 1.0)
    assert numbered.tolist() == [[0, 1], [1, 1]]
    counts = inputs.counts(0, numbered[:, 0]).toarray()
    names = list(inputs._columns[0])
    as_counters = [
        Counter({k: int(n) for k, n in zip(names, row, strict=True) if n})
        for row in counts
    ]
    assert as_counters[0] == wl_features(GRAPH, 0)[0]
    assert as_counters[1] == Counter(["input", "a", "avg head", "width=8"])


def test_candidates_are_not_remembered():
    space = SizedGraphs().bind((3,))
    strategy = bind(Bayesian(encoding="wl", n_initial=5, random_fraction=0), space)
    for i in range(12):
        tell(strategy, strategy.ask(), float(i))
    graphs = strategy._graphs
    # The last result was not modelled yet.
    assert len(graphs._number_of) == 11
    assert len(graphs._sizes) == 11
    for columns, rows in zip(graphs._columns, graphs._rows, strict=True):
        assert set(columns.values()) == {column for row in rows for column in row}


# ---- the process -----------------------------------------------------------------


def kernel_by_hand(x, graphs, theta):
    """The covariance, from its definition."""
    h, length_scale, _, resource_scale, share, size_scale = theta
    phi = np.hstack([graphs.counts(i, x[:, 0]).toarray() for i in range(h + 1)])
    phi /= np.linalg.norm(phi, axis=1, keepdims=True)
    graph = Matern(length_scale, nu=2.5)(phi)
    sizes = Matern(size_scale, nu=2.5)(graphs.sizes(x[:, 0]))
    mixed = (1 - share) * graph + share * sizes
    return mixed * Matern(resource_scale, nu=2.5)(x[:, 1:])


@pytest.mark.parametrize(
    "theta", [(0, 0.6, 0.01, 1.0, 0, 1), (2, 1.2, 0.1, 0.3, 0.7, 0.5)]
)
def test_the_posterior_is_that_of_a_direct_computation(data, theta):
    x, y, graphs = data
    process = GraphProcess(x[:8], y[:8], graphs, theta)
    kernel = kernel_by_hand(x, graphs, theta)
    inverse = np.linalg.inv(kernel[:8, :8] + theta[2] * np.eye(8))
    mean, sd = process.predict(x[8:])
    assert mean == pytest.approx(kernel[8:, :8] @ inverse @ y[:8], abs=1e-6)
    covariance = kernel[8:, 8:] - kernel[8:, :8] @ inverse @ kernel[:8, 8:]
    assert sd**2 == pytest.approx(np.diag(covariance), abs=1e-6)


def test_what_is_believed_changes_the_variance_only(data):
    x, y, graphs = data
    theta = (1, 0.6, 0.01, 1.0, 0.3, 1.0)
    process = GraphProcess(x[:8], y[:8], graphs, theta)
    mean, sd = process.predict(x[8:])
    process.believe(x[8:10])
    believed_mean, believed_sd = process.predict(x[8:])
    assert believed_mean == pytest.approx(mean)
    assert (believed_sd[:2] < 0.5 * sd[:2]).all()
    told = GraphProcess(x[:10], np.append(y[:8], mean[:2]), graphs, theta)
    assert believed_sd == pytest.approx(told.predict(x[8:])[1], abs=1e-6)


def test_the_marginal_likelihood_is_that_of_a_normal_distribution(data):
    x, y, graphs = data
    kernel = kernel_by_hand(x, graphs, (1, 0.6, 0, 1.0, 0.3, 1.0))
    expected = multivariate_normal(cov=kernel + 0.1 * np.eye(12)).logpdf(y)
    constant = 6 * math.log(2 * math.pi)
    found = _log_marginal_likelihood(kernel, 0.1, y) - constant
    assert found == pytest.approx(expected)


def test_the_fit_takes_the_most_likely_hyperparameters(data):
    x, _, graphs = data
    theta = (1, 0.6, 0.001, 0.3, 0.7, 0.3)
    kernel = kernel_by_hand(x, graphs, theta) + theta[2] * np.eye(12)
    y = np.linalg.cholesky(kernel) @ np.random.default_rng(1).standard_normal(12)
    process = GraphProcess(x, y, graphs)
    process.fit()

    def likelihood(theta):
        kernel = kernel_by_hand(x, graphs, theta)
        return _log_marginal_likelihood(kernel, theta[2], y)

    found = likelihood(process.theta)
    assert found >= likelihood(theta)
    for h in (0, 1, 2):
        for noise in (0.001, 0.1):
            assert found >= likelihood((h, 0.6, noise, 0.3, 0.3, 1.0)) - 1e-9


# ---- sizes -----------------------------------------------------------------------


def chain(*widths):
    names = ["input", *(f"layer_{i}" for i in range(len(widths)))]
    nodes = [
        Node.of(name, "dense", before, width=width)
        for before, name, width in zip(names, names[1:], widths, strict=False)
    ]
    return Architecture(tuple(nodes))


def test_sizes_are_between_those_of_the_smallest_and_the_largest():
    scale = SizeScale((4,), [chain(8), chain(8, 16), chain(32, 32, 32)])
    assert scale(chain(8)).tolist() == [0, 0, 0]
    assert scale(chain(32, 32, 32)).tolist() == [1, 1, 1]
    low, high = 4 * 8 + 8, 4 * 32 + 2 * 32**2 + 32
    own = math.log((4 * 8 + 8 * 16 + 16) / low) / math.log(high / low)
    assert scale(chain(8, 16))[1:] == pytest.approx([0.5, own])
    assert (scale(chain(32, 32, 64)) > 1).tolist() == [True, False, True]


@pytest.mark.parametrize("examples", [[GRAPH, GRAPH], [GRAPH, chain(8), chain(9, 9)]])
def test_what_cannot_be_built_has_no_size(examples):
    scale = SizeScale((4,), examples)
    assert scale(GRAPH).tolist() == [0, 0, 0]
    assert np.isfinite(scale(chain(9))).all()


def test_equal_sizes_are_no_division_by_zero():
    assert SizeScale((4,), [chain(8)])(chain(8)).tolist() == [0, 0, 0]


def test_sizes_stand_between_the_decisions_and_the_resource():
    space = ChainSpace().bind((4,))
    strategy = bind(Bayesian(), space)
    configs = [space.decisions.sample(np.random.default_rng(i)) for i in range(5)]
    points = strategy._cube.encode(configs)
    inputs = strategy._inputs(points, 0.5)
    assert (inputs[:, :-4] == Inputs(strategy._cube)(points, 0.5)[:, :-1]).all()
    sizes = [strategy._sizes(space.architecture(config)) for config in configs]
    assert (inputs[:, -4:-1] == sizes).all()
    assert (inputs[:, -1] == 0.5).all()
    assert inputs.shape[1] == len(strategy._inputs.n_levels)
    assert not strategy._inputs.n_levels[-4:].any()


def test_modules_of_the_users_own_are_not_made_to_know_their_size():
    made = []

    class Counted(nn.Linear):
        def __init__(self, n_inputs, n_outputs, width=1):
            made.append(width)
            super().__init__(n_inputs, n_outputs)

    space = ModuleSpace(Counted, width=list(range(50))).bind((4,))
    run(Bayesian(n_initial=4), space, 8, lambda config: float(len(str(config))))
    assert made == []


@pytest.mark.parametrize("encoding", ["wl", "one_hot"])
def test_predictions_follow_the_size(encoding):
    """Widths that no result has had are predicted by how large they make networks."""
    space = ChainSpace(n_layers=(1, 4), widths=[4, 8, 16, 32, 64, 128]).bind((4,))
    rng = np.random.default_rng(0)

    def loss(config):
        return -math.log(n_parameters(space.architecture(config), (4,), 1))

    def error(sees_sizes):
        strategy = bind(Bayesian(encoding=encoding), space)
        strategy.sees_sizes = sees_sizes
        strategy.start()
        for _ in range(25):
            config = space.decisions.sample(rng)
            tell(strategy, config, loss(config))
        surrogate = strategy._updated_surrogate()
        others = [space.decisions.sample(rng) for _ in range(100)]
        points = strategy._cube.encode(others)
        means, _ = surrogate.predict(strategy._inputs(points, 1.0))
        return 1 - np.corrcoef(means, [loss(config) for config in others])[0, 1]

    assert error(True) < 0.5 * error(False)


# ---- the strategy ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "is_graph"),
    [
        (ChainSpace().bind((1, 16)), False),
        (MultiBranchSpace().bind((5,)), True),
        (CellSpace().bind((1, 8, 8)), True),
    ],
)
def test_only_chains_are_seen_as_decisions(space, is_graph):
    assert (bind(Bayesian(), space)._graphs is not None) is is_graph
    assert bind(Bayesian(encoding="wl"), space)._graphs is not None
    assert bind(Bayesian(encoding="one_hot"), space)._graphs is None


@pytest.mark.parametrize(("encoding", "n_searches"), [("wl", 3), ("one_hot", 5)])
def test_beats_random_search_on_graphs(encoding, n_searches):
    space = Graphs(n_nodes=8).bind((1,))
    loss = good_pairs(space)

    def best(strategy):
        seeds = range(n_searches)
        return np.array([min(run(strategy, space, 35, loss, s)[1]) for s in seeds])

    bayesian = best(Bayesian(encoding=encoding, n_candidates=60))
    random = best(RandomStrategy())
    assert bayesian.mean() < random.mean() - 0.5


def test_what_runs_is_not_proposed_in_its_neighbourhood():
    space = Graphs().bind((1,))
    strategy = bind(Bayesian(encoding="wl", n_initial=5, random_fraction=0), space)
    for i in range(8):
        tell(strategy, strategy.ask(), float(i))
    strategy.ask()
    n_observed = len(strategy._surrogate._y)
    strategy.ask()
    # The second model knows of the first proposal, and has no result of it.
    assert len(strategy._surrogate._x) == n_observed + 1 == 9


def test_learns_from_all_resources_for_the_highest():
    space = Graphs().bind((1,))
    strategy = bind(Bayesian(encoding="wl", n_initial=5, random_fraction=0), space)
    asked = [strategy.ask() for _ in range(9)]
    for i, config in enumerate(asked):
        tell(strategy, config, float(i), resource=1)
    for i, config in enumerate(asked[:3]):
        tell(strategy, config, float(i), resource=9)
    strategy.ask()
    assert sorted(strategy._surrogate._x[:, 1]) == [0] * 9 + [1] * 3


def test_hyperparameters_are_fitted_again_after_five_results(monkeypatch):
    n_fits = []
    fit = GraphProcess.fit
    monkeypatch.setattr(GraphProcess, "fit", lambda self: (n_fits.append(1), fit(self)))
    strategy = Bayesian(encoding="wl", n_initial=5, random_fraction=0, n_candidates=8)
    run(strategy, Graphs().bind((1,)), 17, lambda config: float(config["n"]))
    # After 5, 10 and 15 results.
    assert len(n_fits) == 3


def test_the_last_candidates_are_mutations_of_the_best_ones(monkeypatch):
    strategy = bind(Bayesian(encoding="one_hot", n_initial=5), Graphs().bind((1,)))
    for i in range(8):
        tell(strategy, strategy.ask(), float(i))
    surrogate, parents, mutated = strategy._updated_surrogate(), [], strategy._mutated
    monkeypatch.setattr(
        strategy,
        "_mutated",
        lambda points, n: parents.append(points) or mutated(points, n),
    )
    _, values = strategy._candidates(surrogate)
    means, _ = surrogate.predict(strategy._inputs(parents[0], 1.0))
    assert (np.diff(means) >= -1e-9).all()
    best_first = strategy._acquisition(surrogate, parents[1], means.min())
    assert (np.diff(best_first) <= 1e-6).all()
    assert len(best_first) == 75
    assert len(values) == 100


def test_sizes_are_not_used_where_they_explain_nothing(data):
    x, _, graphs = data
    y = np.random.default_rng(0).standard_normal(12)
    process = GraphProcess(x, y, graphs)
    process.fit()
    assert process.theta[4] == 0
