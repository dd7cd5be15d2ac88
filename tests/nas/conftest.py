"""Without torch there is nothing to test here."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("skorch")


@pytest.fixture
def rng():
    return np.random.default_rng(0)
