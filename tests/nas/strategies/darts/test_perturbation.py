"""Selection by perturbation: an operation is as strong as it is missed."""

from types import SimpleNamespace

import pytest
import torch

from sklearn_automl.nas.strategies.darts._derivation import derived_path, n_skips
from sklearn_automl.nas.strategies.darts._perturbation import (
    _score,
    perturbation_weights,
)
from tests.nas.strategies.learning import PLAIN, learning
from tests.nas.supernet.shared_weights import SPACES


def test_an_operation_is_as_strong_as_it_is_missed(monkeypatch):
    training, learner = learning(SPACES["cell"], **PLAIN)
    graph = training.supernet.graph
    labels = {name: c.labels() for name, c in graph.choices.items() if c.is_of_edge}

    def score(mixture, rows):
        """Convolutions of 3 are needed everywhere; of edges, the last two."""
        total = 0.0
        for name, names in labels.items():
            own = mixture[name][names.index("conv 3")]
            total += float(own) * (1 + int(name[-1]))
        return total

    monkeypatch.setattr(training, "score", score)
    tuned = []
    monkeypatch.setattr(training, "tune", tuned.append)
    weights = perturbation_weights(training, learner.mixture, learner.option_weights)
    config = training.space.config_of(derived_path(training.space, weights))
    n_nodes = 4  # two of each kind of cell
    assert len(tuned) == len(graph.choices) + n_nodes
    # In the end nodes read what they keep, and nothing else.
    edges = [n for n, choice in graph.choices.items() if choice.is_of_edge]
    assert sum(float(tuned[-1][n].sum()) for n in edges) == 2 * n_nodes
    for kind in ("normal", "reduction"):
        assert config[f"{kind}_1_inputs"] == (0, 1)
        assert config[f"{kind}_2_inputs"] == (1, 2)
        for node in (1, 2):
            for edge in (1, 2):
                assert config[f"{kind}_{node}_operation_{edge}"] == "conv_3"


@pytest.mark.parametrize("most", [0, 1])
def test_what_is_missed_most_obeys_the_limit_of_identities(monkeypatch, most):
    training, learner = learning(**PLAIN)
    names = training.supernet.graph.choices["normal_2_from_0"].labels()
    with torch.no_grad():  # the second best, by the alphas
        for name, alpha in training.supernet.alphas.items():
            if name != "head":
                alpha[names.index("max pool 3")] = 1.0

    def score(mixture, rows):
        identity = names.index("identity")
        return sum(float(v[identity]) for k, v in mixture.items() if k != "head")

    monkeypatch.setattr(training, "score", score)
    monkeypatch.setattr(training, "tune", lambda mixture: None)
    weights = perturbation_weights(training, learner.mixture, learner.option_weights)
    path = derived_path(training.space, weights, most)
    assert n_skips(training.space, path) == most
    config = training.space.config_of(path)
    assert list(config.values()).count("max_pool_3") == 3 - most


def test_where_time_runs_out_the_rest_is_as_the_alphas_say():
    training, learner = learning(**PLAIN)
    training.must_stop = lambda: True
    weights = perturbation_weights(training, learner.mixture, learner.option_weights)
    assert derived_path(training.space, weights) == learner.path()


@pytest.mark.parametrize("space", ["cell", "dense cell"])
def test_what_is_missed_as_much_is_decided_by_the_alphas(monkeypatch, space):
    training, learner = learning(SPACES[space], **PLAIN)
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for alpha in training.supernet.alphas.values():
            alpha.copy_(torch.randn(alpha.shape, generator=rng))
    monkeypatch.setattr(training, "score", lambda mixture, rows: 0.5)
    monkeypatch.setattr(training, "tune", lambda mixture: None)
    weights = perturbation_weights(training, learner.mixture, learner.option_weights)
    assert derived_path(training.space, weights) == learner.path()


def test_none_does_not_stay_however_much_it_is_missed(monkeypatch):
    training, learner = learning(**PLAIN)
    choices = training.supernet.graph.choices
    numbers = {name: choice.numbers_of("none") for name, choice in choices.items()}

    def score(mixture, rows):
        return float(sum(mixture[name][own].sum() for name, own in numbers.items()))

    monkeypatch.setattr(training, "score", score)
    tuned = []
    monkeypatch.setattr(training, "tune", tuned.append)
    perturbation_weights(training, learner.mixture, learner.option_weights)
    assert not any(tuned[-1][name][own].any() for name, own in numbers.items())


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_is_the_worst(score):
    training = SimpleNamespace(score=lambda mixture, rows: score)
    assert _score(training, {"a": torch.ones(2)}, "a", [0]) == float("-inf")
