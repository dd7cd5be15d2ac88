"""Losses of a supernet: when they are read, and how often a step waits for that."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from sklearn_automl.nas.supernet.losses import EpochLosses  # noqa: E402
from sklearn_automl.nas.supernet.training import UniformPaths  # noqa: E402
from tests.nas.supernet.shared_weights import SPACES, training_of  # noqa: E402
from tests.nas.supernet.test_training import LEARNERS, begun, plain  # noqa: E402
from tests.nas.waits import Waits, pretend, uncounted  # noqa: E402

# GDAS has to know what it executes, in the step of the alphas and in that of weights.
WAITS_OF_A_STEP = {name: 2 if "gumbel" in name else 0 for name in LEARNERS}


# The slow ones execute the second space as the first of them does.
CASES = [
    *((name, "dense cell") for name in LEARNERS),
    *((name, "multi_branch") for name in ("darts", "darts, gumbel", "random", "enas")),
    *(
        pytest.param(f"darts, {name}", "multi_branch", marks=pytest.mark.slow)
        for name in ("second order", "dirichlet", "perturbed")
    ),
]


@pytest.mark.parametrize(("name", "space"), CASES)
def test_a_step_does_not_wait_for_a_device(name, space, monkeypatch):
    pretend(monkeypatch)
    training, learner = begun(name, space)
    monkeypatch.setattr(learner, "end_epoch", lambda training: {})
    training._run_epoch(learner)  # what goes to a device once is there now
    waits = Waits()
    if hasattr(learner, "_adam"):
        # The numbers of its steps are on the host, whatever the device.
        learner._adam.step = uncounted(waits, learner._adam.step)
    with waits, training.net.own_generators():
        training._run_epoch(learner)
    n_readings = len({"train_loss", "valid_loss"} & training.history[-1].keys())
    assert waits.n - n_readings == WAITS_OF_A_STEP[name] * len(training._batches)


@pytest.mark.parametrize("name", LEARNERS)
def test_losses_that_are_read_late_are_the_same(name, monkeypatch):
    histories = []
    for _ in range(2):
        training, learner = begun(name, n_epochs=1)
        training.run(learner)
        histories.append(plain(training.history))
        pretend(monkeypatch)
    assert histories[0] == histories[1]


@pytest.mark.parametrize("name", ["random", "darts", "darts, gumbel"])
@pytest.mark.parametrize("is_late", [False, True])
def test_weights_that_diverge_are_what_is_said(name, is_late, monkeypatch):
    if is_late:
        pretend(monkeypatch)
    training, learner = begun(name, lr=1e30)
    with pytest.raises(
        ValueError, match=r"supernet diverged: .*smaller lr than 1e\+30"
    ):
        training.run(learner)
    with pytest.raises(ValueError, match="supernet diverged"):
        training.tune(training.supernet.softmax())


def test_weights_that_diverge_are_an_error_also_if_the_time_is_over(monkeypatch):
    pretend(monkeypatch)
    training = training_of(SPACES["chain"], lr=1e30)
    stops = iter([False, False, False, True])
    training.must_stop = lambda: next(stops)
    with pytest.raises(ValueError, match="supernet diverged"):
        training.run(UniformPaths())


@pytest.mark.parametrize("is_late", [False, True])
def test_losses_are_read_in_time(is_late, monkeypatch):
    if is_late:
        pretend(monkeypatch)
    seen = []
    losses = EpochLosses("cpu", seen.append)
    losses.add(torch.tensor(1.0, requires_grad=True))
    assert seen == ([] if is_late else [1.0])
    losses.add(torch.tensor(2.5))
    assert losses.mean() == np.mean([1.0, 2.5])
    assert seen == [1.0, 2.5]


def test_without_losses_there_is_no_mean():
    assert EpochLosses("cpu").mean() is None


def test_an_interrupt_waits_for_nothing(monkeypatch):
    pretend(monkeypatch)
    seen = []

    def interrupted():
        with EpochLosses("cpu", seen.append) as losses:
            losses.add(torch.tensor(1.0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not seen
