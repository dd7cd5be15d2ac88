"""Searches that share weights: strategies with a supernet, and the estimation."""

import signal
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

torch = pytest.importorskip("torch")
from sklearn_automl import NASClassifier, NASRegressor  # noqa: E402
from sklearn_automl.exceptions import CheckpointError, SearchWarning  # noqa: E402
from sklearn_automl.nas import CellSpace, ChainSpace, _base  # noqa: E402
from sklearn_automl.nas.estimation import OneShot  # noqa: E402
from sklearn_automl.nas.search import size_limit  # noqa: E402
from sklearn_automl.nas.search.search import ArchitectureSearch  # noqa: E402
from sklearn_automl.nas.strategies import DARTS, ENAS, RandomWS  # noqa: E402
from sklearn_automl.nas.strategies._one_shot import OneShotStrategy  # noqa: E402
from sklearn_automl.nas.supernet import phase  # noqa: E402
from sklearn_automl.nas.supernet.training import SupernetTraining  # noqa: E402
from tests.nas.supernet.shared_weights import SHAPES, data, space_for  # noqa: E402

STRATEGIES = {
    "darts": DARTS(n_epochs=2),
    "second order": DARTS(order=2, n_epochs=2),
    "gumbel": DARTS(sampler="gumbel", n_epochs=2),
    "dirichlet": DARTS(sampler="dirichlet", n_epochs=2),
    "whole channels": DARTS(channel_share=1, n_epochs=2),
    "perturbation": DARTS(derivation="perturbation", n_epochs=1),
    "random_ws": RandomWS(n_epochs=2, n_samples=10),
    "enas": ENAS(n_epochs=2, n_policy_steps=3, n_samples=5),
}


# The smallest space that has a supernet, unless another one is named.
def model_of(strategy="darts", space="chain", kind="flat", **params):
    params = {"max_epochs": 1, "random_state": 0, **params}
    strategy = STRATEGIES.get(strategy, strategy)
    return NASClassifier(space_for(space, kind), strategy, **params)


def fitted(strategy="darts", space="chain", kind="flat", **params):
    return model_of(strategy, space, kind, **params).fit(*data(SHAPES[kind]))


def outcome(model):
    """Return all that must be equal in two runs of the same search."""
    results = model.search_results_
    X, _ = data(model.input_shape_)
    return (
        results["params"],
        results["mean_test_score"].tolist(),
        model.best_architecture_,
        model.predict_proba(X).tolist(),
    )


# ---- strategies ------------------------------------------------------------------


KINDS = [
    ("cell", "image"),
    ("cell", "flat"),
    ("dense cell", "sequence"),
    ("chain", "flat"),
    ("multi_branch", "sequence"),
]
# DARTS with every space and kind of data, and all others with one of them. The slow
# tests have every strategy with every space.
OFTEN = {"darts": KINDS}
COMBINATIONS = [
    pytest.param(
        strategy,
        *kind,
        marks=() if kind in OFTEN.get(strategy, [KINDS[3]]) else pytest.mark.slow,
    )
    for strategy in STRATEGIES
    for kind in KINDS
]


def reference_of(model):
    space = model.search_space.bind(model.input_shape_)
    return space.architecture(space.reference())


@pytest.fixture
def derived(monkeypatch):
    """Decisions that strategies have derived."""
    configs = []
    derive = OneShotStrategy.derive

    def noting(self, *args):
        configs.extend(found := derive(self, *args))
        return found

    monkeypatch.setattr(OneShotStrategy, "derive", noting)
    return configs


@pytest.mark.parametrize(("strategy", "space", "kind"), COMBINATIONS)
def test_what_is_derived_is_compared_with_a_random_architecture(
    strategy, space, kind, derived
):
    model = fitted(strategy, space, kind=kind)
    results = model.search_results_
    architectures = results["architecture"]
    bound = model.search_space.bind(model.input_shape_)
    reference, *found = map(bound.architecture, [bound.reference(), *derived])
    assert architectures[0] == reference
    assert 1 <= len(found) <= 2
    # None but a random one is behind those that were derived.
    others = [a for a in found if a != reference]
    assert list(architectures[1:-1]) == others
    assert architectures[-1] not in [reference, *found]
    assert set(results["status"]) == {"completed"}
    assert set(results["n_resources"]) == {1}
    assert len(set(map(str, results["architecture"]))) == model.n_trials_
    assert model.best_architecture_ == results["architecture"][model.best_index_]
    X, _ = data(SHAPES[kind])
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-5)


def test_channels_that_cannot_be_shared_out_are_refused_before_training():
    with pytest.raises(ValueError, match="channel_share=2 must divide"):
        fitted(
            DARTS(channel_share=2),
            ChainSpace(n_layers=(2, 2), widths=[8], operations=["conv"], strides=[1]),
            kind="image",
        )


# Workers train the candidates, which is the same for all strategies. What a variant of
# DARTS does is the same twice in the tests of resumed supernets, too.
@pytest.mark.parametrize(
    "strategy",
    [
        pytest.param(strategy, marks=pytest.mark.workers)
        if strategy == "darts"
        else strategy
        if strategy in ("random_ws", "enas")
        else pytest.param(strategy, marks=pytest.mark.slow)
        for strategy in STRATEGIES
    ],
)
def test_the_same_seed_gives_the_same_cell(strategy):
    n_jobs = 2 if strategy == "darts" else 1
    where = ("dense cell", "sequence") if strategy == "darts" else ("chain", "flat")
    first, second, other = (
        outcome(fitted(strategy, *where, random_state=seed, n_jobs=n))
        for seed, n in ((0, 1), (0, n_jobs), (1, 1))
    )
    assert first == second
    assert first != other


@pytest.mark.parametrize("estimation", ["asha", "hyperband", "learning_curve"])
def test_candidates_can_be_compared_by_any_estimation(estimation):
    model = fitted("darts", estimation=estimation, search_epochs=3, refit=False)
    assert 2 < model.n_trials_ <= 4
    assert model.stop_reason_ == "completed"


def test_n_trials_limits_the_candidates_and_the_derived_come_first():
    model = fitted(DARTS(n_epochs=2, n_derived=1, n_random=3), n_trials=1)
    more = fitted(DARTS(n_epochs=2, n_derived=1, n_random=3))
    assert model.n_trials_ == 1
    assert model.reference_score_ is None  # it would be the only one
    assert more.n_trials_ == 5
    assert more.search_results_["architecture"][0] == reference_of(more)
    assert model.search_results_["params"][0] == more.search_results_["params"][1]


def test_a_regression():
    X, y = load_diabetes(return_X_y=True)
    space = space_for("chain", "flat")
    model = NASRegressor(
        space, DARTS(n_epochs=2), n_trials=1, max_epochs=10, lr=0.01, random_state=0
    )
    model.fit(X[:200], y[:200])
    assert model.score(X[200:], y[200:]) > 0.2


@pytest.mark.parametrize(
    ("max_epochs", "search_epochs", "expected"),
    [
        (3, None, 3),  # 12 batches: 40 steps would be more than all there are
        (15, None, 5),  # a third of them
        (6, None, 4),  # a third would be less than 40 steps
        (3, 2, 2),
    ],
)
def test_trainings_of_the_search_are_short_but_not_too_short(
    max_epochs, search_epochs, expected, monkeypatch
):
    # The true number is in test_length_of_trainings.py.
    monkeypatch.setattr(_base, "_LEAST_STEPS", 40)
    model = fitted(
        DARTS(n_epochs=1, n_derived=1, n_random=0),
        "chain",
        kind="flat",
        batch_size=4,
        max_epochs=max_epochs,
        search_epochs=search_epochs,
        n_trials=1,
        refit=False,
    )
    assert set(model.search_results_["n_resources"]) == {expected}


@pytest.mark.parametrize("strategy", ["darts", RandomWS(n_epochs=1, n_samples=3000)])
def test_max_params_that_nothing_has_is_an_error(strategy, monkeypatch):
    monkeypatch.setattr(size_limit, "_MAX_REFUSED", 50)
    with pytest.raises(ValueError, match="No architecture of the search space"):
        fitted(strategy, max_params=1)


def test_max_params_holds_for_what_is_derived():
    limit = int(np.median(fitted().search_results_["n_parameters"]))
    model = fitted(max_params=limit)
    assert model.search_results_["n_parameters"].max() <= limit


# ---- what is told of it ----------------------------------------------------------


def test_history_holds_the_weights_of_the_options_of_each_epoch():
    model = fitted(DARTS(n_epochs=2, channel_share=1), "cell", "image")
    supernet = [e for e in model.history_ if e["phase"] == "supernet"]
    final = [e for e in model.history_ if e["phase"] == "final"]
    assert [e["epoch"] for e in supernet] == [1, 2]
    assert len(final) == 1
    choices = space_for("cell", "image").bind((1, 6, 6)).supergraph().choices
    for entry in supernet:
        assert entry["weights"].keys() == choices.keys()
        for weights in entry["weights"].values():
            assert sum(weights.values()) == pytest.approx(1)
    assert "none" in supernet[0]["weights"]["normal_1_from_0"]
    assert supernet[0]["weights"] != supernet[1]["weights"]


def test_verbose_tells_of_each_epoch_of_the_supernet(capsys):
    fitted(verbose=1)
    printed = capsys.readouterr().out
    assert "[NASClassifier] supernet, epoch 1/2: train_loss" in printed
    fitted()
    assert capsys.readouterr().out == ""


def test_nothing_is_warned_of_in_a_usual_search():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted()
        fitted("random", estimation=OneShot(n_epochs=2), n_trials=5)


def test_a_fitted_model_is_small_and_has_no_supernet():
    import pickle

    model = fitted()
    size = sum(p.numel() for p in model.best_estimator_.module_.parameters())
    assert len(pickle.dumps(model)) < 4 * size + 100_000


def test_saving_keeps_the_history(tmp_path):
    model = fitted()
    model.save(tmp_path / "model")
    again = NASClassifier.load(tmp_path / "model")
    assert again.history_ == model.history_


# ---- the estimation --------------------------------------------------------------


# Each strategy with one space, and each space with one strategy.
@pytest.mark.parametrize(
    ("strategy", "space", "kind"),
    [
        ("random", "chain", "flat"),
        ("evolution", "chain", "flat"),
        ("bayesian", "cell", "image"),
        ("reinforce", "multi_branch", "image"),
    ],
)
def test_all_are_scored_with_shared_weights_and_some_are_trained(strategy, space, kind):
    estimation = OneShot(n_best=2, n_random=1, n_epochs=1)
    params = {"estimation": estimation, "n_trials": 7, "refit": False}
    model = fitted(strategy, space, kind=kind, **params)
    results = model.search_results_
    amounts = np.array(results["n_resources"])
    assert results["architecture"][0] == reference_of(model)
    assert amounts[0] == 1
    assert (amounts == 0).sum() == 6
    assert (amounts == 1).sum() == 4
    assert amounts[model.best_index_] == 1
    assert set(results["status"]) == {"completed"}
    scores = results["mean_test_score"][amounts == 0]
    ids = results["trial_id"][amounts == 0]
    best = set(ids[np.lexsort((ids, -scores))[:2]])
    assert best < set(results["trial_id"][amounts == 1])


def test_shared_weights_are_those_of_the_supernet(monkeypatch):
    trained = []
    run = SupernetTraining.run

    def remembering(self, *args, **kwargs):
        run(self, *args, **kwargs)
        trained.append(self)

    held_out = []
    make = ArchitectureSearch.__post_init__

    def made(self):
        make(self)
        held_out.append(self.split[1])

    monkeypatch.setattr(SupernetTraining, "run", remembering)
    monkeypatch.setattr(ArchitectureSearch, "__post_init__", made)
    model = fitted("random", estimation=OneShot(n_epochs=2), n_trials=6)
    (training,) = trained
    X, y = data(SHAPES["flat"])
    # The rows that the search has scored on, for which the supernet is the same net.
    (rows,) = held_out
    training.valid_X, training.valid_y = X[rows], y[rows]
    results = model.search_results_
    for config, score, amount in zip(
        results["params"],
        results["mean_test_score"],
        results["n_resources"],
        strict=True,
    ):
        if amount == 0:
            assert training.score(training.space.path(config)) == score


def test_a_small_space_is_trained_in_the_end():
    space = ChainSpace(
        n_layers=(1, 1), operations=["dense"], widths=[8], dropouts=[0.0]
    )
    with pytest.warns(SearchWarning, match="no more than the 2 architectures"):
        model = fitted("random", space, kind="flat", estimation=OneShot(n_epochs=1))
    assert model.search_results_["n_resources"].tolist() == [1, 0, 1]  # the reference


def test_torch_is_left_alone_and_the_supernet_is_forgotten():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fitted("random", estimation=OneShot(n_epochs=1), n_trials=3)
    assert torch.equal(torch.rand(3), expected)
    assert phase._opened is None


@pytest.mark.workers
def test_shared_weights_give_the_same_for_any_number_of_workers():
    params = {"estimation": OneShot(n_epochs=2), "n_trials": 5}
    first, second = (outcome(fitted("evolution", n_jobs=n, **params)) for n in (1, 2))
    assert first == second


@pytest.mark.parametrize("strategy", ["darts", "random_ws", "enas"])
def test_a_strategy_with_a_supernet_needs_no_second_one(strategy):
    with pytest.raises(ValueError, match=r"estimation='one_shot' has a supernet, and"):
        fitted(strategy, estimation="one_shot")


@pytest.mark.parametrize(
    ("strategy", "estimation"), [("darts", "full"), ("random", "one_shot")]
)
def test_a_space_without_a_supernet_is_refused_before_training(strategy, estimation):
    X, y = data((5,))
    with pytest.raises(ValueError, match=r"ChainSpace cannot share weights: .*pass n_"):
        NASClassifier("chain", strategy, estimation).fit(X, y)


# ---- checkpoints and limits ------------------------------------------------------


class Clicks:
    n_left = 10**6


@pytest.fixture
def interrupted(monkeypatch):
    """Let supernets be interrupted after so many steps."""
    step = SupernetTraining._update_weights

    def click(self, *args, **kwargs):
        Clicks.n_left -= 1
        if Clicks.n_left < 0:
            signal.raise_signal(signal.SIGINT)
        return step(self, *args, **kwargs)

    monkeypatch.setattr(SupernetTraining, "_update_weights", click)
    monkeypatch.setattr(Clicks, "n_left", 10**6)
    return lambda n: setattr(Clicks, "n_left", n)


# An epoch has three steps. What is kept after it is the strategy's own; before its end
# there is nothing yet. What varies in DARTS goes on in supernet/test_training.py.
@pytest.mark.parametrize(
    ("strategy", "n_steps"),
    [
        ("darts", 1),
        ("darts", 4),
        ("perturbation", 1),
        ("random_ws", 4),
        ("enas", 4),
        *(
            pytest.param(name, 4, marks=pytest.mark.slow)
            for name in ("second order", "gumbel", "dirichlet", "whole channels")
        ),
    ],
)
def test_a_resumed_supernet_is_that_of_an_uninterrupted_search(
    strategy, n_steps, interrupted, tmp_path
):
    params = {"n_trials": 2}  # the reference, and the best that was derived
    whole = outcome(fitted(strategy, **params))
    model = model_of(strategy, checkpoint=tmp_path / "search.sqlite", **params)
    interrupted(n_steps)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data(SHAPES["flat"]))
    assert model.stop_reason_ == "interrupt"
    n_epochs = len(model.history_)
    interrupted(10**6)
    model.fit(*data(SHAPES["flat"]))
    assert outcome(model) == whole
    # What was done was not done again.
    n_left = 3 * (2 - n_epochs)
    if strategy not in ("perturbation",):
        assert 10**6 - Clicks.n_left == n_left


def test_a_trained_supernet_is_not_trained_again(interrupted, tmp_path):
    for strategy, estimation in (("darts", "full"), ("random", OneShot(n_epochs=2))):
        path = tmp_path / f"{strategy}.sqlite"
        params = {"estimation": estimation, "checkpoint": path, "n_trials": 3}
        first = fitted(strategy, **params)
        interrupted(0)
        again = fitted(strategy, **params)
        assert outcome(again) == outcome(first)
        assert again.history_[:2] == first.history_[:2]
        interrupted(10**6)


def test_the_supernet_of_another_search_is_not_taken(tmp_path):
    path = tmp_path / "search.sqlite"
    fitted(random_state=1, checkpoint=path)
    path.unlink()
    model = fitted(random_state=0, checkpoint=path)
    assert outcome(model) == outcome(fitted(random_state=0))


def test_a_damaged_supernet_is_an_error(tmp_path):
    path = tmp_path / "search.sqlite"
    fitted(checkpoint=path)
    file = tmp_path / "search.sqlite.weights" / "supernet.pt"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match=r"supernet\.pt' is damaged, .*Delete"):
        fitted(checkpoint=path)


@pytest.mark.parametrize(
    "strategy",
    [
        DARTS(n_epochs=10_000, derivation="perturbation"),
        RandomWS(n_epochs=1, n_samples=100_000),
        ENAS(n_epochs=1, n_policy_steps=100_000),
    ],
)
def test_a_time_limit_holds_for_what_is_derived_too(strategy):
    model = fitted(strategy, time_limit=0.4)
    assert model.stop_reason_ == "time_limit"
    assert model.n_trials_ >= 1


def test_a_time_limit_returns_the_derivation_so_far(monkeypatch):
    model = fitted(DARTS(n_epochs=10_000), time_limit=0.4)
    assert model.stop_reason_ == "time_limit"
    assert model.n_trials_ >= 1
    n = sum(e["phase"] == "supernet" for e in model.history_)
    assert n < 10_000
    assert model.predict(data(SHAPES["flat"])[0]).shape == (60,)


def test_what_a_time_limit_has_cut_short_stays_so_once_it_was_compared(tmp_path):
    params = {"checkpoint": tmp_path / "search.sqlite"}
    strategy = DARTS(n_epochs=10_000)
    first = fitted(strategy, time_limit=0.5, **params)
    with pytest.warns(SearchWarning, match="cut short by a time limit, after"):
        again = fitted(strategy, **params)
    n = first.n_trials_
    assert again.search_results_["params"][:n] == first.search_results_["params"][:n]
    assert again.n_trials_ >= n


class Once:
    is_interrupted = True


def score_unless_interrupted(net, X, y):
    if Once.is_interrupted:
        raise KeyboardInterrupt
    return net.score(X, y)


def test_what_was_cut_short_goes_on_if_nothing_was_compared(tmp_path, monkeypatch):
    params = {
        "checkpoint": tmp_path / "search.sqlite",
        "scoring": score_unless_interrupted,
    }
    with pytest.raises(KeyboardInterrupt):
        fitted(DARTS(n_epochs=12), time_limit=0.05, **params)
    monkeypatch.setattr(Once, "is_interrupted", False)
    whole = fitted(DARTS(n_epochs=12), **params)
    assert len([e for e in whole.history_ if e["phase"] == "supernet"]) == 12
    assert whole.stop_reason_ == "completed"


# ---- options ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "option", "value"),
    [
        (DARTS, "order", 3),
        (DARTS, "sampler", "uniform"),
        (DARTS, "derivation", "max"),
        (DARTS, "n_epochs", 0),
        (DARTS, "warm_up", 2),
        (DARTS, "auxiliary_skip", "yes"),
        (DARTS, "max_skips", -1),
        (DARTS, "stop_at_skips", 1),
        (DARTS, "perturbation", -0.1),
        (DARTS, "channel_share", 0),
        (DARTS, "alpha_lr", 0),
        (DARTS, "optimizer", "lion"),
        (DARTS, "lr", -1),
        (DARTS, "weight_decay", -1),
        (DARTS, "n_derived", 0),
        (DARTS, "n_random", 0.5),
        (DARTS, "mixed_precision", None),
        (RandomWS, "n_samples", 0),
        (RandomWS, "n_finalists", 0),
        (RandomWS, "n_score_batches", 1.5),
        (ENAS, "n_policy_steps", 0),
        (ENAS, "policy_lr", 0),
        (ENAS, "n_samples", "many"),
    ],
)
def test_options_that_cannot_be_used_are_named(strategy, option, value):
    with pytest.raises(
        ValueError, match=f"{option}={value!r} of {strategy.__name__} m"
    ):
        fitted(strategy(**{option: value}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"order": 2, "optimizer": "adamw"},
            "optimizer='adamw' of DARTS must be 'sgd'",
        ),
        ({"order": 2, "sampler": "gumbel"}, "sampler='gumbel' .* 'softmax' or"),
        ({"perturbation": 0.1, "sampler": "gumbel"}, "perturbation=0.1 .* be 0 with"),
        ({"max_skips": None, "stop_at_skips": True}, "max_skips=None .* integer with"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        fitted(DARTS(**options))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("n_best", 0),
        ("n_random", -1),
        ("n_epochs", 1.5),
        ("optimizer", "lion"),
        ("lr", 0),
        ("weight_decay", -1),
        ("n_parallel", True),
    ],
)
def test_options_of_the_estimation_that_cannot_be_used_are_named(option, value):
    with pytest.raises(ValueError, match=f"{option}={value!r} of OneShot must be "):
        fitted("random", estimation=OneShot(**{option: value}))


@pytest.mark.parametrize("strategy", ["enas", "random_ws"])
def test_scores_with_shared_weights_that_fail_are_the_worst(strategy):
    def score(net, X, y):
        score.n += 1
        if score.n % 2 and net.max_epochs == 0:
            raise RuntimeError("every second one")
        return net.score(X, y)

    score.n = 0
    model = fitted(strategy, scoring=score)
    assert set(model.search_results_["status"]) == {"completed"}
    with pytest.raises(ValueError, match=r"scoring returned \{'a': 1\}.*a number"):
        fitted(strategy, scoring=lambda net, X, y: {"a": 1})


def test_where_all_trainings_fail_shared_weights_decide_and_it_is_said():
    with pytest.warns(SearchWarning, match="Every training failed: best_score_ is"):
        model = fitted(
            "random",
            estimation=OneShot(n_epochs=1),
            n_trials=3,
            lr=1e30,
            refit=False,
        )
    assert model.search_results_["n_resources"][model.best_index_] == 0


@pytest.mark.parametrize("kind", ["flat", "sequence"])
def test_auto_is_a_space_that_has_a_supernet(kind):
    model = model_of(DARTS(n_epochs=1), CellSpace(n_nodes=1), kind=kind)
    named = model.set_params(search_space="auto")
    assert type(named._space(shares_weights=True)) is CellSpace
    assert type(named._space(shares_weights=False)) is ChainSpace


def test_failures_of_the_comparison_cost_themselves_only(monkeypatch):
    def score(net, X, y):
        if score.n_left > 0 and net.max_epochs == 1 and len(X) == 12:
            score.n_left -= 1
            raise RuntimeError("no score for this one")
        return net.score(X, y)

    score.n_left = 1
    with pytest.warns(SearchWarning, match="cv_results_ have the reasons"):
        model = fitted("darts", scoring=score)
    assert sorted(set(model.search_results_["status"])) == ["completed", "failed"]
