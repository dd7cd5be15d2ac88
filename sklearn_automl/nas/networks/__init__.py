"""What is trained: networks of architectures, and nets that train them."""

from sklearn_automl.nas.networks.batches import Batches, as_inputs
from sklearn_automl.nas.networks.devices import usable_device
from sklearn_automl.nas.networks.inheritance import inherit
from sklearn_automl.nas.networks.nets import (
    ArchitectureClassifier,
    ArchitectureRegressor,
)
from sklearn_automl.nas.networks.network import (
    Network,
    NodeModule,
    Shape,
    StandardizedModule,
    n_parameters,
    n_pooled,
    pooled,
)
from sklearn_automl.nas.networks.randomness import generators_of
from sklearn_automl.nas.networks.steps import is_fused, lr_factor

__all__ = [
    "ArchitectureClassifier",
    "ArchitectureRegressor",
    "Batches",
    "Network",
    "NodeModule",
    "Shape",
    "StandardizedModule",
    "as_inputs",
    "generators_of",
    "inherit",
    "is_fused",
    "lr_factor",
    "n_parameters",
    "n_pooled",
    "pooled",
    "usable_device",
]
