"""Operations of a user's own, in a module that workers have not imported."""

from torch import nn

from sklearn_automl.nas import register_operation


def gated(n_dims, in_width, width):
    """Return a linear layer, half of which gates the other."""
    return nn.Sequential(nn.Linear(in_width, 2 * width), nn.GLU(dim=1))


def broken(n_dims, in_width, width):
    """Fail to build anything."""
    raise RuntimeError("no such layer")


def register():
    """Register them; a second time changes nothing."""
    register_operation("gated", gated, n_dims=[0])
    register_operation("broken", broken, n_dims=[0])
