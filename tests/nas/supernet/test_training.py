"""Training of shared weights: who moves what, and going on from where it was."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from sklearn_automl.nas import CellSpace, operations  # noqa: E402
from sklearn_automl.nas.estimation import OneShot  # noqa: E402
from sklearn_automl.nas.networks import ArchitectureRegressor  # noqa: E402
from sklearn_automl.nas.operations import Operation  # noqa: E402
from sklearn_automl.nas.strategies import DARTS, ENAS, RandomWS  # noqa: E402
from sklearn_automl.nas.supernet.options import SupernetOptions  # noqa: E402
from sklearn_automl.nas.supernet.training import (  # noqa: E402
    SupernetLearner,
    SupernetTraining,
    UniformPaths,
)
from tests.nas.supernet.shared_weights import SPACES, training_of  # noqa: E402

LEARNERS = {
    "darts": DARTS(warm_up=0),
    "darts, second order": DARTS(order=2, warm_up=0),
    "darts, gumbel": DARTS(sampler="gumbel", warm_up=0),
    "darts, dirichlet": DARTS(sampler="dirichlet", warm_up=0),
    "darts, perturbed": DARTS(perturbation=0.3, warm_up=0),
    "random": RandomWS(),
    "enas": ENAS(n_policy_steps=5),
}
every_learner = pytest.mark.parametrize("name", LEARNERS)


def copies(tensors):
    return [t.detach().clone() for t in tensors]


def are_equal(tensors, others):
    return all(torch.equal(a, b) for a, b in zip(tensors, others, strict=True))


def begun(name, space="dense cell", **options):
    training = training_of(SPACES[space], **options)
    learner = LEARNERS[name].make_learner()
    learner.start(training)
    return training, learner


def batch_of(training):
    return next(iter(training._batches)), next(iter(training._valid_batches))


@every_learner
def test_a_step_of_the_weights_leaves_the_alphas_as_they_are(name):
    training, learner = begun(name)
    supernet = training.supernet
    alphas = copies(supernet.architecture_parameters())
    weights = copies(supernet.weights())
    batch, _ = batch_of(training)
    for _ in range(3):
        training._update_weights(batch, *learner.choose(training), 0.1)
    assert are_equal(alphas, supernet.architecture_parameters())
    assert not are_equal(weights, supernet.weights())


@pytest.mark.parametrize("name", [n for n in LEARNERS if n.startswith("darts")])
def test_a_step_of_the_alphas_leaves_the_weights_as_they_are(name):
    training, learner = begun(name)
    supernet = training.supernet
    # Also what is no parameter: the mean of inputs, statistics of normalisations.
    before = {k: v.clone() for k, v in supernet.state_dict().items()}
    batch, valid_batch = batch_of(training)
    loss = learner.learn(training, valid_batch, batch)
    assert loss.isfinite()
    after = supernet.state_dict()
    changed = {k for k in before if not torch.equal(before[k], after[k])}
    assert changed == {k for k in before if k.startswith("alphas")}
    assert all(p.grad is None for p in supernet.parameters())


def test_alphas_stay_as_they_are_while_the_weights_warm_up():
    training = training_of(SPACES["dense cell"])
    learner = DARTS(warm_up=0.5).make_learner()
    learner.start(training)
    alphas = copies(training.supernet.architecture_parameters())
    seen = []

    def note():
        now = training.supernet.architecture_parameters()
        seen.append(are_equal(alphas, now))

    training.run(learner, note)
    assert seen == [True, False]


@every_learner
def test_a_training_that_goes_on_is_that_in_one_go(name):
    whole, learner = begun(name, n_epochs=2)
    states = []

    def keep():
        state = training.state_dict(), learner.state_dict()
        states.append(torch_copy(state))

    training = whole
    whole.run(learner, keep)
    again, other = begun(name, n_epochs=2)
    again.load_state_dict(states[0][0])
    other.load_state_dict(states[0][1])
    again.run(other)
    expected = whole.supernet.state_dict()
    for key, tensor in again.supernet.state_dict().items():
        assert torch.equal(tensor, expected[key]), key
    assert plain(again.history) == plain(whole.history)
    assert other.state_dict().keys() == learner.state_dict().keys()


def torch_copy(state):
    """Return what comes back from a file."""
    import io

    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


def plain(history):
    return [{k: v for k, v in entry.items() if k != "dur"} for entry in history]


class Counting(SupernetLearner):
    """Notes what it is shown."""

    def __init__(self):
        self.rows = []

    def choose(self, training):
        return UniformPaths().choose(training)

    def learn(self, training, batch, train_batch):
        self.rows.append((train_batch[0], batch[0]))


def test_both_halves_are_gone_through_in_each_epoch_and_do_not_meet():
    training, learner = training_of(SPACES["cell"], n_epochs=2), Counting()
    training.run(learner)
    for epoch in (learner.rows[: len(learner.rows) // 2], learner.rows[-3:]):
        assert epoch
    n = len(learner.rows) // 2
    halves = []
    for side in (0, 1):
        rows = [
            {tuple(row.flatten().tolist()) for batch in part for row in batch[side]}
            for part in (learner.rows[:n], learner.rows[n:])
        ]
        assert rows[0] == rows[1]
        assert len(rows[0]) == 30
        halves.append(rows[0])
    assert not halves[0] & halves[1]


def test_it_stops_in_the_middle_of_an_epoch():
    training, learner = training_of(SPACES["cell"]), Counting()
    training.must_stop = lambda: len(learner.rows) >= 2
    training.run(learner)
    assert len(learner.rows) == 2
    assert (training.epoch, training.history) == (0, [])


def test_the_learning_rate_falls_as_a_cosine():
    training, rates = training_of(SPACES["chain"], n_epochs=4), []

    class Watching(Counting):
        def choose(self, training):
            rates.append(training.lr)
            return super().choose(training)

    training.run(Watching())
    assert rates[0] == pytest.approx(0.025)
    assert rates == sorted(rates, reverse=True)
    assert training.lr == pytest.approx(0.001)
    assert rates[len(rates) // 2] == pytest.approx(0.013)


@pytest.mark.parametrize(("n_rows", "n_epochs"), [(30, 38), (8, 100), (10_000, 5)])
def test_a_suitable_number_of_epochs_makes_so_many_steps(n_rows, n_epochs):
    training = training_of(SPACES["chain"], n_epochs=None, n_steps=150)
    training._batches = range(-(-n_rows // 8))
    assert training._suitable_epochs() == n_epochs


@pytest.mark.parametrize(
    ("part", "n_steps"),
    [
        (DARTS(), 150),
        (DARTS(sampler="gumbel"), 1000),
        (RandomWS(), 1000),
        (ENAS(), 1000),
        (OneShot(), 1000),
    ],
)
def test_steps_for_one_architecture_are_more_than_those_for_all(part, n_steps):
    assert part.supernet_options().n_steps == n_steps


@pytest.mark.parametrize(("optimizer", "lr"), [("adamw", 0.02), ("sgd", 0.025)])
def test_the_default_learning_rate_is_that_of_the_optimizer(optimizer, lr):
    assert training_of(SPACES["chain"], optimizer=optimizer).lr == pytest.approx(lr)


def test_the_same_seed_gives_the_same_weights_and_torch_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    results = []
    for seed in (0, 0, 1):
        torch.manual_seed(5)
        training, learner = begun("darts", seed=seed)
        training.run(learner)
        assert torch.equal(torch.rand(3), expected)
        results.append(training.supernet.output.weight)
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_a_loss_that_is_not_finite_is_an_error():
    training = training_of(SPACES["chain"], lr=1e30)
    with pytest.raises(
        ValueError, match=r"supernet diverged: .*smaller lr than 1e\+30"
    ):
        training.run(UniformPaths())


@pytest.mark.parametrize("factor", [1e6, 1e9])
def test_a_steep_loss_moves_the_weights_by_no_more_than_a_clipped_gradient(
    factor, monkeypatch
):
    options = {"optimizer": "sgd", "weight_decay": 0.0}
    training = training_of(SPACES["chain"], **options)
    loss = training.loss
    monkeypatch.setattr(training, "loss", lambda *args: factor * loss(*args))
    before = copies(training.weights)
    batch, _ = batch_of(training)
    training._update_weights(batch, *UniformPaths().choose(training), 0.1)
    steps = [a - b for a, b in zip(copies(training.weights), before, strict=True)]
    length = torch.stack([step.norm() for step in steps]).norm()
    assert length == pytest.approx(0.1 * 5.0, rel=1e-3)


def test_it_learns():
    training = training_of(SPACES["cell"], n_epochs=25, optimizer="adamw")
    training.run(UniformPaths())
    losses = [entry["train_loss"] for entry in training.history]
    assert losses[-1] < 0.5 * losses[0]
    config = training.space.decisions.sample(np.random.default_rng(0))
    assert training.score(training.space.path(config)) > 0.7


class Transposed(torch.nn.Module):
    """Its gradient, as autograd makes it, is not laid out as its weights are."""

    def __init__(self, width):
        super().__init__()
        self.kernel = torch.nn.Parameter(torch.randn(width, width) / width)

    def forward(self, X):
        return torch.einsum("nc,oc->no", X, self.kernel)


def test_steps_of_the_weights_are_those_of_adamw_whatever_the_layout_of_gradients(
    monkeypatch,
):
    name = "transposed"
    operation = Operation(name, lambda n_dims, a, b: Transposed(b), (0,), (), False)
    monkeypatch.setitem(operations._OPERATIONS, name, operation)
    space = CellSpace(n_nodes=1, n_cells=1, width=4, operations=[name, "identity"])

    def weights(fused):
        training = training_of(space, "flat", optimizer="adamw", n_epochs=3)
        assert training.optimizer.defaults["fused"]
        training.optimizer = torch.optim.AdamW(
            training.weights, weight_decay=3e-4, fused=fused
        )
        training.run(UniformPaths())
        return training.weights

    for one, other in zip(weights(True), weights(False), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_the_score_of_a_mixture_of_one_is_that_of_its_path():
    training = training_of(SPACES["dense cell"], n_epochs=3)
    training.run(UniformPaths())
    config = training.space.decisions.sample(np.random.default_rng(0))
    path = training.space.path(config)
    mixture = {
        name: torch.eye(len(options))[path[name]]
        for name, options in training.supernet.graph.choices.items()
    }
    assert training.score(path) == training.score(mixture=mixture)


def test_mixed_precision_trains_in_bfloat16():
    training = training_of(SPACES["cell"], mixed_precision=True)
    seen = []
    first = training.supernet.nodes["cell_1_input_1"]
    first.register_forward_hook(lambda module, args, output: seen.append(output.dtype))
    training.run(UniformPaths())
    assert set(seen) == {torch.bfloat16}
    assert all(np.isfinite(entry["train_loss"]) for entry in training.history)
    assert {p.dtype for p in training.supernet.weights()} == {torch.float32}


def n_modes_set(supernet, monkeypatch):
    """Return a list that grows whenever the mode of a supernet is set."""
    modes = []
    train = type(supernet).train

    def note(module, mode=True):
        modes.append(mode)
        return train(module, mode)

    monkeypatch.setattr(type(supernet), "train", note)
    return modes


def test_a_round_of_scores_sets_the_mode_of_the_layers_once(monkeypatch):
    training = training_of(SPACES["dense cell"])
    training.run(UniformPaths())
    modes = n_modes_set(training.supernet, monkeypatch)
    path = training.space.path(training.space.decisions.sample(training.new_rng()))
    scores = [training.score(path) for _ in range(3)]
    assert len(set(scores)) == 1
    assert modes == [False]
    batch = next(iter(training._batches))
    for _ in range(3):
        training.loss(batch, None, path)
    assert modes == [False, True]
    assert all(module.training for module in training.supernet.modules())
    assert training.score(path) == scores[0]
    assert not any(module.training for module in training.supernet.modules())


def test_only_rows_that_train_say_how_inputs_and_targets_are_standardised():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 5)), rng.normal(size=20)
    X[10:] += 100
    y[10:] += 100
    training = SupernetTraining(
        SPACES["chain"].bind((5,)),
        ArchitectureRegressor(n_threads=1, batch_size=10),
        X,
        y,
        (np.arange(10), np.arange(10, 20)),
        n_outputs=1,
        scorer=lambda net, X, y, sample_weight: sample_weight.sum(),
        seed=0,
        options=SupernetOptions(n_epochs=1),
        fit_weight=np.r_[0.0, np.ones(19)],
        score_weight=np.arange(20.0),
    )
    mean = training.supernet.input_mean
    np.testing.assert_allclose(mean, X[:10].mean(axis=0), rtol=1e-5)
    assert training.net.y_mean_ == pytest.approx(y[:10].mean())
    assert sum(len(batch[0]) for batch in training._batches) == 9
    # Weights of scores are those of the rows that are scored.
    path = training.space.path(training.space.decisions.sample(rng))
    assert training.score(path, rows=np.array([0, 9])) == 10 + 19


def test_other_architectures_are_drawn_in_each_epoch():
    training, paths = training_of(SPACES["cell"], n_epochs=3), []

    class Noting(UniformPaths):
        def choose(self, training):
            mixture, path = super().choose(training)
            paths.append(tuple(path.items()))
            return mixture, path

    training.run(Noting())
    n = len(training._batches)
    assert len({tuple(paths[i : i + n]) for i in (0, n, 2 * n)}) == 3


def test_some_rows_are_as_many_as_a_batch_has_at_most():
    training = training_of(SPACES["chain"])  # 30 rows in batches of 7 or 8
    rows = [training.some_rows(np.random.default_rng(0), n) for n in (1, 2, 9)]
    assert [len(own) for own in rows] == [8, 16, 30]
    assert set(rows[2]) == set(range(30))


def test_each_tuning_has_an_order_of_its_own(monkeypatch):
    training, seeds = training_of(SPACES["chain"], n_epochs=2), []
    monkeypatch.setattr(training.net, "seed", seeds.append)
    monkeypatch.setattr(training, "_batches", [])
    for _ in range(2):
        training.tune({})
    assert seeds == [3, 4]  # after those of the epochs


def test_auxiliary_skips_are_gone_after_the_training():
    training, learner = begun("darts")

    def strengthen():
        training.supernet.skip_strength = 0.5

    training.run(learner, strengthen)
    assert training.supernet.skip_strength == 0
