"""What is trained: networks of architectures, and nets that train them."""

from sklearn_automl.nas.networks.batches import Batches, Target
from sklearn_automl.nas.networks.devices import (
    is_asynchronous,
    read_losses,
    usable_device,
)
from sklearn_automl.nas.networks.inheritance import inherit
from sklearn_automl.nas.networks.making import is_space, made_by
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
    StandardizedInputs,
    StandardizedModule,
    n_pooled,
    pooled,
)
from sklearn_automl.nas.networks.randomness import generators_of, own_generators
from sklearn_automl.nas.networks.sizes import (
    NetworkSize,
    n_parameters,
    network_size,
)
from sklearn_automl.nas.networks.steps import is_fused, lr_factor, n_epochs_for
from sklearn_automl.nas.networks.trials import (
    TrialClassifier,
    TrialMultilabelClassifier,
    TrialRegressor,
    trial_net,
)
from sklearn_automl.nas.networks.weighting import (
    check_weighable,
    checked_weights,
    loss_of,
    usable_weights,
)

__all__ = [
    "ArchitectureClassifier",
    "ArchitectureMultilabelClassifier",
    "ArchitectureRegressor",
    "Batches",
    "Network",
    "NetworkSize",
    "NodeModule",
    "Shape",
    "StandardizedInputs",
    "StandardizedModule",
    "Target",
    "TrialClassifier",
    "TrialMultilabelClassifier",
    "TrialRegressor",
    "check_weighable",
    "checked_weights",
    "generators_of",
    "inherit",
    "is_asynchronous",
    "is_fused",
    "is_space",
    "loss_of",
    "lr_factor",
    "made_by",
    "n_epochs_for",
    "n_parameters",
    "n_pooled",
    "needs_double",
    "network_size",
    "own_generators",
    "pooled",
    "read_losses",
    "shifted",
    "trial_net",
    "usable_device",
    "usable_weights",
]
