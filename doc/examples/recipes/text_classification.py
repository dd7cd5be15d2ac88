"""
====================================================
Text classification: TfidfVectorizer in a pipeline
====================================================

Search the vectorizer and the classifier of a text pipeline together. The script makes
the texts. Replace ``texts`` and ``labels`` by your data.
"""

import numpy as np
from scipy.stats import loguniform
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from sklearn_automl import SuccessiveHalvingSearchCV

rng = np.random.default_rng(0)
GOOD = ["great", "friendly", "quick", "tasty", "clean", "fresh", "warm"]
BAD = ["slow", "rude", "cold", "dirty", "stale", "late", "bland"]
OTHER = ["the", "food", "room", "staff", "price", "was", "and", "we", "came", "very"]


def review(is_good):
    """Return some words, one of which says what the guest thought."""
    words = rng.choice(GOOD + BAD, 3) if rng.random() < 0.2 else []
    words = [*words, *rng.choice(OTHER, 7), rng.choice(GOOD if is_good else BAD)]
    return " ".join(rng.permutation(words))


labels = rng.integers(0, 2, 1500)
texts = [review(label) for label in labels]
train, test, y_train, y_test = train_test_split(texts, labels, random_state=0)

pipe = Pipeline(
    [("tfidf", TfidfVectorizer()), ("model", LogisticRegression(max_iter=300))]
)
space = {
    "tfidf__ngram_range": [(1, 1), (1, 2)],
    "tfidf__min_df": [1, 2, 5],
    "tfidf__sublinear_tf": [True, False],
    "model__C": loguniform(1e-2, 1e2),
}
search = SuccessiveHalvingSearchCV(pipe, space, n_iter=27, random_state=0)
search.fit(train, y_train)

print(f"cross-validated {search.best_score_:.3f}")
print(f"held out        {search.score(test, y_test):.3f}")
print(search.best_params_)

# %%
# A list of texts is fine as X. Configurations share the fit of a vectorizer, and of a
# ``SelectKBest`` after it, if these steps have equal values (:ref:`shared_prefix`).
#
# This is the share of the rows and folds that the search used. In addition, it saved
# the shared fits:

used = search.total_resources_ / (search.n_trials_ * search.max_resources_)
print(f"{used:.0%} of what {search.n_trials_} configurations in full would use")
