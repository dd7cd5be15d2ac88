"""What is trained: networks of architectures, and nets that train them."""

from sklearn_automl.nas.networks.batches import Batches, Target
from sklearn_automl.nas.networks.devices import usable_device
from sklearn_automl.nas.networks.inheritance import inherit
from sklearn_automl.nas.networks.moments import needs_double, shifted
from sklearn_automl.nas.networks.multilabel import ArchitectureMultilabelClassifier
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
from sklearn_automl.nas.networks.weighting import (
    loss_of,
    usable_weights,
)

__all__ = [
    "ArchitectureClassifier",
    "ArchitectureMultilabelClassifier",
    "ArchitectureRegressor",
    "Batches",
    "Network",
    "NodeModule",
    "Shape",
    "StandardizedModule",
    "Target",
    "generators_of",
    "inherit",
    "is_fused",
    "loss_of",
    "lr_factor",
    "n_parameters",
    "n_pooled",
    "needs_double",
    "pooled",
    "shifted",
    "usable_device",
    "usable_weights",
]
