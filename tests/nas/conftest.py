"""Without torch there is nothing to test here."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("skorch")
