"""The learning rate of a training, without a training."""

from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
from skorch.callbacks import LRScheduler

from sklearn_automl.nas.networks.schedule import ScheduledRates
from sklearn_automl.nas.networks.steps import lr_factor


class Rates(ScheduledRates):
    """A net in its first batch, of ten, of the epoch after those that are done."""

    n_batches_ = 10

    def __init__(self, n_done=0, schedule_epochs=None, callbacks=(), late=0.0):
        self.history = [{"batches": []} for _ in range(n_done)]
        self.schedule_epochs = schedule_epochs
        self.callbacks_ = [(str(i), c) for i, c in enumerate(callbacks)]
        self.optimizer_ = SimpleNamespace(param_groups=[{"lr": 1.0}, {"lr": 0.1}])
        self.late = late

    @property
    def rates(self):
        return [group["lr"] for group in self.optimizer_.param_groups]

    def time_share(self):
        return self.late

    def begin(self, epoch, batch=0):
        self.history = [{"batches": []} for _ in range(epoch)]
        self.history.append({"batches": [{}] * (batch + 1)})
        self.set_rates()
        return self.rates[0]


def test_a_part_of_a_schedule_can_end_with_it():
    for n_epochs, expected in ((1, (0, 4)), (2, (0, 4)), (3, (2, 3))):
        net = Rates(n_done=2, schedule_epochs=4)
        with net.scheduled(n_epochs):
            assert net.schedule_ == expected


def test_all_rates_rise_and_fall_and_are_as_before_in_the_end():
    net = Rates()
    with net.scheduled(4):
        for epoch, batch in ((0, 0), (0, 5), (2, 5)):
            expected = lr_factor((epoch + batch / 10) / 4)
            assert net.begin(epoch, batch) == pytest.approx(expected)
            assert net.rates[1] == pytest.approx(0.1 * expected)
    assert net.rates == [1.0, 0.1]


@pytest.mark.parametrize(("late", "progress"), [(0.54, 0.5), (0.75, 0.7), (2, 1.95)])
def test_a_training_that_is_late_by_a_twentieth_has_rates_of_later(late, progress):
    net = Rates(late=late)
    with net.scheduled(4):
        assert net.begin(2) == pytest.approx(lr_factor(progress))


def test_there_is_no_lower_rate_than_the_last_one():
    assert lr_factor(1.5) == lr_factor(1.0) == pytest.approx(0.01)


def test_a_rate_that_a_callback_sets_stays_as_it_is():
    net = Rates()
    with net.scheduled(4):
        net.begin(0)
        net.optimizer_.param_groups[0]["lr"] = 0.3
        assert net.begin(1) == 0.3
    assert net.rates[0] == 0.3


def test_a_schedule_of_the_users_begins_where_it_began_before():
    net = Rates(callbacks=[LRScheduler()])
    for lr in (1.0, 0.2):
        net.optimizer_.param_groups[0]["lr"] = lr
        net.note_first_rates()
    assert net.optimizer_.param_groups[0]["initial_lr"] == 1.0
    with net.scheduled(4):
        assert net.begin(2) == 0.2


def test_an_optimizer_that_was_saved_within_a_training_has_its_own_rates_again():
    net = Rates()
    with net.scheduled(4):
        net.begin(0)
        net.forget_place()
        assert net.optimizer_.param_groups == [{"lr": 1.0}, {"lr": 0.1}]
