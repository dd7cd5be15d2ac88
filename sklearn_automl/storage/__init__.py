"""Storage: what is remembered."""

from sklearn_automl.storage._checkpoint import SEED, TAKEN, Checkpoint, Event
from sklearn_automl.storage._facts import DataFacts
from sklearn_automl.storage._fingerprint import describe, describe_data
from sklearn_automl.storage._history import SearchHistory
from sklearn_automl.storage._past import (
    PastEvaluation,
    PastSearch,
    name_of_class,
    text_of_value,
)
from sklearn_automl.storage._portfolio import default_portfolio, portfolio_for
from sklearn_automl.storage._salted import SaltedDigest
from sklearn_automl.storage._translation import Keys, Translated, Translator, texts_of
from sklearn_automl.storage._values import decode, encode, encode_key

__all__ = [
    "SEED",
    "TAKEN",
    "Checkpoint",
    "DataFacts",
    "Event",
    "Keys",
    "PastEvaluation",
    "PastSearch",
    "SaltedDigest",
    "SearchHistory",
    "Translated",
    "Translator",
    "decode",
    "default_portfolio",
    "describe",
    "describe_data",
    "encode",
    "encode_key",
    "name_of_class",
    "portfolio_for",
    "text_of_value",
    "texts_of",
]
