"""The net of several labels at once."""

from sklearn_automl.nas.networks.nets import ArchitectureClassifier
from sklearn_automl.nas.networks.targets import MultilabelTarget

__all__ = ["ArchitectureMultilabelClassifier"]


class ArchitectureMultilabelClassifier(MultilabelTarget, ArchitectureClassifier):
    """A skorch classifier whose target has a column of 0 and 1 for each label.

    Its options are those of ArchitectureClassifier; ``classes`` is a list with the
    values 0 and 1 for each label.
    """
