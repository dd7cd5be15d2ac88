"""What is trained: networks of architectures, and nets that train them."""

from sklearn_automl.nas.networks.batches import Batches, as_inputs
from sklearn_automl.nas.networks.devices import usable_device
from sklearn_automl.nas.networks.inheritance import inherit
from sklearn_automl.nas.networks.making import is_space, made_by
from sklearn_automl.nas.networks.nets import (
    ArchitectureClassifier,
    ArchitectureRegressor,
)
from sklearn_automl.nas.networks.network import (
    Network,
    NodeModule,
    Shape,
    StandardizedInputs,
    StandardizedModule,
    n_parameters,
    n_pooled,
    pooled,
)
from sklearn_automl.nas.networks.randomness import generators_of, own_generators
from sklearn_automl.nas.networks.steps import is_fused, lr_factor
from sklearn_automl.nas.networks.trials import (
    TrialClassifier,
    TrialRegressor,
    trial_net,
)

__all__ = [
    "ArchitectureClassifier",
    "ArchitectureRegressor",
    "Batches",
    "Network",
    "NodeModule",
    "Shape",
    "StandardizedInputs",
    "StandardizedModule",
    "TrialClassifier",
    "TrialRegressor",
    "as_inputs",
    "generators_of",
    "inherit",
    "is_fused",
    "is_space",
    "lr_factor",
    "made_by",
    "n_parameters",
    "n_pooled",
    "own_generators",
    "pooled",
    "trial_net",
    "usable_device",
]
