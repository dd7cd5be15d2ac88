"""
==========================================================
Neural network for a data frame with categories
==========================================================

``NASClassifier`` searches the architecture of a network. A data frame with texts goes
into ``fit`` as it is: no encoder and no scaler is needed.

It needs the packages ``torch``, ``skorch`` and ``pandas``.
"""

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from sklearn_automl import NASClassifier

rng = np.random.default_rng(0)
n = 1000
X = pd.DataFrame(
    {
        "age": rng.integers(18, 80, n),
        "visits": rng.poisson(4, n),
        "plan": rng.choice(["basic", "plus", "family"], n),
        "city": rng.choice(["Lima", "Oslo", "Pune", None], n),
    }
)
sign = np.where(X["plan"] == "basic", -1, 1)
y = np.where(sign * (X["visits"] - 4) + rng.logistic(size=n) > 0, "stays", "leaves")
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

search = NASClassifier(n_trials=4, max_epochs=10, random_state=0)
search.fit(X_train, y_train)

print(f"held-out accuracy {search.score(X_test, y_test):.3f}")
print(search.predict(X_test[:3]), search.predict_proba(X_test[:3]).round(2)[:, 1])
print([node.label for node in search.best_architecture_.nodes])

# %%
# Each category has become a column of 0 and 1. A missing category is a category, too:

print(search.encoder_.get_feature_names_out().tolist())

# %%
# Missing *numbers* are refused. Put a ``SimpleImputer`` in front of the network, in a
# ``ColumnTransformer``. :ref:`nas` says what else X can be: arrays, images, sequences.
