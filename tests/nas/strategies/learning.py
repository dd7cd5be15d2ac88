"""Trainings of supernets in which alphas take part."""

from sklearn_automl.nas.strategies import DARTS
from tests.nas.supernet.shared_weights import SPACES, training_of

DENSE = SPACES["dense cell"]
PLAIN = {"warm_up": 0, "max_skips": None, "channel_share": 1}


def learning(space=DENSE, n_epochs=2, **options):
    """Return a training and a learner that takes part in it."""
    strategy = DARTS(**options)
    training = training_of(space, n_epochs=n_epochs)
    learner = strategy.make_learner()
    learner.start(training)
    return training, learner
