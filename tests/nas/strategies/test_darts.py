"""DARTS: what alphas see, what they mean, and what keeps identities from winning."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from sklearn_automl import NASClassifier  # noqa: E402
from sklearn_automl.nas import CellSpace, register_operation  # noqa: E402
from sklearn_automl.nas.strategies import DARTS, _darts  # noqa: E402
from sklearn_automl.nas.strategies.darts._bilevel import architecture_gradient  # noqa: E402
from sklearn_automl.nas.strategies.darts._derivation import n_skips  # noqa: E402
from sklearn_automl.nas.strategies.darts._mixtures import MIXTURES  # noqa: E402
from tests.nas.strategies.learning import DENSE, PLAIN, learning  # noqa: E402
from tests.nas.supernet.shared_weights import SPACES, training_of  # noqa: E402

# ---- steps -----------------------------------------------------------------------


def test_alphas_go_where_the_loss_of_the_other_half_falls():
    training, learner = learning(alpha_lr=0.05, **PLAIN)
    batch, valid_batch = (next(iter(b)) for b in (training._batches,) * 2)
    losses = [learner.learn(training, valid_batch, batch) for _ in range(20)]
    assert losses[-1] < losses[0]


def test_the_second_order_looks_through_the_next_step_of_the_weights():
    training, learner = learning(order=2, **PLAIN)
    batch, valid_batch = (next(iter(b)) for b in (training._batches,) * 2)
    for _ in range(3):  # there is a momentum now
        training._update_weights(batch, *learner.choose(training), 0.1)
    supernet, softmax = training.supernet, training.supernet.softmax
    alphas = supernet.architecture_parameters()
    expected = architecture_gradient(
        lambda: training.loss(batch, softmax()),
        lambda: training.loss(valid_batch, softmax()),
        supernet.weights(),
        alphas,
        xi=training.lr,
        momentum=0.9,
        velocities=training.velocities(),
        weight_decay=3e-4,
    )
    seen = []
    learner._adam.step = lambda: seen.extend(alpha.grad.clone() for alpha in alphas)
    learner.learn(training, valid_batch, batch)
    for gradient, other in zip(seen, expected, strict=True):
        torch.testing.assert_close(gradient, other)


def test_gumbel_executes_one_operation_of_each_place():
    training, learner = learning(sampler="gumbel", **PLAIN)
    mixture, path = learner.choose(training)
    assert path.keys() == mixture.keys()
    for name, weights in mixture.items():
        assert weights[path[name]] == pytest.approx(1)
        assert weights.sum() == pytest.approx(1)


def test_dirichlet_draws_weights_around_its_mean():
    training, learner = learning(sampler="dirichlet", **PLAIN)
    drawn = [learner.choose(training)[0]["normal_2_from_0"] for _ in range(2000)]
    mean = torch.stack(drawn).mean(dim=0).numpy()
    np.testing.assert_allclose(
        mean, learner.option_weights["normal_2_from_0"], atol=0.02
    )
    assert not torch.equal(drawn[0], drawn[1])


def test_dirichlet_is_drawn_towards_the_uniform_one():
    training, _ = learning(sampler="dirichlet", **PLAIN)

    def penalty():
        return MIXTURES["dirichlet"].penalty(training.supernet.alphas)

    with torch.no_grad():
        for alpha in training.supernet.alphas.values():
            alpha.zero_()
        near = penalty()
        for alpha in training.supernet.alphas.values():
            alpha += torch.linspace(0, 5, len(alpha))
        assert near == pytest.approx(0, abs=1e-6)
        assert penalty() > 1e-3


def test_the_noise_is_that_of_the_steps_of_the_weights_only():
    training, learner = learning(perturbation=0.3, **PLAIN)
    exact = training.supernet.softmax()
    mixture, _ = learner.choose(training)
    assert not torch.equal(mixture["normal_2_from_0"], exact["normal_2_from_0"])
    seen, _ = learner._sampled(0.5)
    assert torch.equal(seen["normal_2_from_0"], exact["normal_2_from_0"])


def test_the_auxiliary_skip_fades_away():
    training, learner = learning(auxiliary_skip=True, **PLAIN)
    strengths = []
    for progress in (0.0, 0.25, 1.0):
        learner._sampled(progress)
        strengths.append(training.supernet.skip_strength)
    assert strengths == [1.0, 0.75, 0.0]
    training.supernet.skip_strength = 0.5
    training.run(learner)
    assert training.supernet.skip_strength == 0


# ---- what they mean --------------------------------------------------------------


def set_alphas(training, **options):
    with torch.no_grad():
        for name, number in options.items():
            training.supernet.alphas[name].zero_()
            training.supernet.alphas[name][number] = 5.0


def test_scripted_alphas_derive_the_known_cell():
    training, learner = learning(**PLAIN)
    # none, identity, conv_3, max_pool_3
    set_alphas(training, normal_1_from_0=2, normal_2_from_0=0, normal_2_from_1=3)
    with torch.no_grad():
        training.supernet.alphas["normal_2_from_0"][1] = 1.0
    strategy = DARTS().bind_architectures(training.space, np.random.default_rng(0))
    config, *_ = strategy.derive(training, learner)
    assert {k: v for k, v in config.items() if k != "head"} == {
        "normal_1_operation_1": "conv_3",
        "normal_2_operation_1": "identity",
        "normal_2_operation_2": "max_pool_3",
    }


def test_derivations_of_earlier_epochs_are_candidates_too():
    training, learner = learning(**PLAIN)
    learner.paths = []
    for number in (1, 2, 2, 3):
        set_alphas(training, normal_1_from_0=number)
        learner.paths.append(learner.path())
    strategy = DARTS(n_derived=3, n_random=2)
    strategy = strategy.bind_architectures(training.space, np.random.default_rng(0))
    configs = strategy.derive(training, learner)
    first = [config["normal_1_operation_1"] for config in configs]
    assert first == ["max_pool_3", "conv_3", "identity"]
    asked = [strategy.ask() for _ in range(5)]
    assert asked[:3] == configs
    assert strategy.n_proposals == {"derived": 3, "random": 2}


def test_the_supernet_is_scored_as_it_was_trained():
    training = training_of(DENSE, channel_share=2)
    learner = DARTS().make_learner()
    learner.start(training)
    training.run(learner)
    assert training.score(mixture=learner.mixture) == training.score()
    edges = sum(weights.sum() for weights in learner.option_weights.values())
    assert edges == pytest.approx(2 + 1)  # two nodes, and the head


def test_tuning_takes_small_steps_and_leaves_alphas_alone():
    training, _ = learning(SPACES["cell"], **PLAIN)
    alphas = [a.clone() for a in training.supernet.architecture_parameters()]
    weight = training.supernet.output.weight.clone()
    training.tune(training.supernet.softmax())
    for alpha, before in zip(
        training.supernet.architecture_parameters(), alphas, strict=True
    ):
        assert torch.equal(alpha, before)
    assert 0 < (training.supernet.output.weight - weight).abs().max() < 0.1


# ---- identities ------------------------------------------------------------------


def hopeless(n_dims, in_width, width, stride=1):
    """Hide what is read under noise that changes from row to row."""
    return Hopeless()


class Hopeless(nn.Module):
    def forward(self, x):
        return 0.1 * x + 3 * torch.randn_like(x)


@pytest.fixture
def attractive():
    """A space in which an identity is the only operation that lets anything through."""
    register_operation(
        "hopeless", hopeless, n_dims=[1, 2], options=["stride"], has_weights=False
    )
    return CellSpace(
        n_nodes=3,
        n_cells=2,
        width=4,
        widening=1,
        edges="all",
        operations=["none", "identity", "hopeless"],
        heads=["avg"],
    )


def test_where_identities_attract_plain_darts_collapses_and_the_defaults_do_not(
    attractive,
):
    skips = {}
    for name, options in (("plain", PLAIN), ("defaults", {})):
        training, learner = learning(attractive, 20, alpha_lr=0.1, **options)
        training.run(learner)
        skips[name] = n_skips(training.space, learner.path())
    assert skips["plain"] >= 5  # of six edges
    assert skips["defaults"] <= 2


def test_a_search_that_stops_at_skips_derives_what_was_before(attractive):
    options = {**PLAIN, "max_skips": 2, "stop_at_skips": True}
    training, learner = learning(attractive, 20, alpha_lr=0.1, **options)
    training.run(learner)
    n_strongest = [entry["n_skips"] for entry in training.history]
    assert len(n_strongest) < 20
    assert n_strongest[-1] > 2
    assert all(n <= 2 for n in n_strongest[:-1])
    assert n_skips(training.space, learner.path()) <= 2


def test_it_is_a_strategy_of_the_estimator():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 1, 4))
    y = np.arange(12) % 2
    model = NASClassifier(DENSE, "darts", max_epochs=1, random_state=0).fit(X, y)
    assert 2 < model.n_trials_ <= 4  # with the reference


# ---- what it keeps -----------------------------------------------------------------


def test_an_epoch_before_any_step_of_the_alphas_means_nothing():
    training, learner = learning(**{**PLAIN, "warm_up": 0.5})
    training.run(learner)  # two epochs
    assert len(learner.paths) == 1


def test_that_it_has_stopped_is_kept():
    _, learner = learning(**PLAIN)
    learner.is_done, learner.paths = True, [{"normal_1_from_0": 2}]
    _, other = learning(**PLAIN)
    other.load_state_dict(learner.state_dict())
    assert other.is_done
    assert other.path() == {"normal_1_from_0": 2}


def test_both_ends_of_the_difference_have_the_same_noise(monkeypatch):
    training, learner = learning(order=2, **PLAIN)
    rewound = []
    monkeypatch.setattr(training, "same_randomness", lambda: lambda: rewound.append(1))
    batch = next(iter(training._batches))
    learner.learn(training, batch, batch)
    assert len(rewound) == 3  # the step, and ahead of it and behind


def test_the_penalty_moves_the_alphas_and_is_no_part_of_the_loss(monkeypatch):
    training, learner = learning(sampler="dirichlet", alpha_lr=0.1, **PLAIN)
    monkeypatch.setattr(
        type(MIXTURES["dirichlet"]),
        "penalty",
        lambda self, alphas: 1e6 * sum(alpha.sum() for alpha in alphas.values()),
    )
    before = {k: a.detach().clone() for k, a in training.supernet.alphas.items()}
    batch = next(iter(training._batches))
    assert learner.learn(training, batch, batch) < 100
    for name, alpha in training.supernet.alphas.items():
        torch.testing.assert_close(alpha, before[name] - 0.1, atol=1e-3, rtol=0)


def test_there_is_no_skip_beside_operations_unless_it_was_asked_for():
    training, learner = learning(**PLAIN)
    learner._sampled(0.25)
    assert training.supernet.skip_strength == 0


def test_the_second_order_looks_through_steps_of_sgd():
    assert DARTS().supernet_options().optimizer == "adamw"
    assert DARTS(order=2).supernet_options().optimizer == "sgd"
    space = DENSE.bind((1, 12))
    for options, name in (
        ({"order": 2, "optimizer": "adamw"}, "optimizer"),
        ({"stop_at_skips": True, "max_skips": None}, "max_skips"),
    ):
        with pytest.raises(ValueError, match=f"{name}=.* of DARTS must be"):
            DARTS(**options).bind_architectures(space, np.random.default_rng(0))


def test_what_is_missed_most_has_no_more_identities_than_it_may(monkeypatch):
    training, learner = learning(**PLAIN)
    skips = {
        name: np.array([0.0, 0.9, 0.1, 0.0])[: len(choice)]
        for name, choice in training.supernet.graph.choices.items()
    }
    monkeypatch.setattr(_darts, "perturbation_weights", lambda *args: skips)
    strategy = DARTS(derivation="perturbation", max_skips=1, n_derived=1)
    strategy = strategy.bind_architectures(training.space, np.random.default_rng(0))
    (config,) = strategy.derive(training, learner)
    assert list(config.values()).count("identity") == 1
