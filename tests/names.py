"""Names of parametrized tests."""

import re


def short_name(value):
    """Name a test; without addresses, so that every process collects the same ones."""
    return re.sub(r" at 0x[0-9a-fA-F]+|\s+", " ", str(value))[:60]
