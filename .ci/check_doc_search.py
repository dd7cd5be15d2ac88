"""Check that the search box finds a page for what users type into it.

python .ci/check_doc_search.py doc/_build/html

QUESTIONS has what is typed, and the pages of which one must be among the first three
results. The search is that of Sphinx's searchtools.js (9.0), on the same index.
"""

import json
import re
import sys
from pathlib import Path

from sphinx.search.en import SearchEnglish

FIRST = 3
RECIPES = "auto_examples/recipes/"
GUIDE = "user_guide/"

QUESTIONS = {
    "xgboost": [RECIPES + "tune_xgboost"],
    "tune xgboost": [RECIPES + "tune_xgboost"],
    "lightgbm": [RECIPES + "tune_lightgbm"],
    "catboost": [RECIPES + "tune_catboost"],
    "boosting": [GUIDE + "continuation", GUIDE + "early_stopping"],
    "pytorch": [RECIPES + "skorch_network", "auto_examples/networks/plot_skorch"],
    "skorch": [RECIPES + "skorch_network", "auto_examples/networks/plot_skorch"],
    "keras": [GUIDE + "questions"],
    "text classification": [RECIPES + "text_classification"],
    "tfidf": [RECIPES + "text_classification"],
    "imbalanced data": [RECIPES + "imbalanced_data"],
    "class weight": [RECIPES + "imbalanced_data", GUIDE + "nas"],
    "smote": [GUIDE + "questions"],
    "time series": [RECIPES + "time_series"],
    "groups": [RECIPES + "groups_and_nested"],
    "nested cross-validation": [RECIPES + "groups_and_nested"],
    "multiple metrics": [RECIPES + "several_metrics"],
    "custom scorer": [RECIPES + "custom_scorer"],
    "custom metric": [RECIPES + "custom_scorer"],
    "compare models": [RECIPES + "choose_between_pipelines"],
    "pipeline": [RECIPES + "choose_between_pipelines"],
    "early stopping": [GUIDE + "early_stopping", RECIPES + "early_stopping"],
    "eval_set": [GUIDE + "early_stopping", RECIPES + "early_stopping"],
    "resume": [RECIPES + "resume_from_checkpoint", GUIDE + "checkpoints"],
    "checkpoint": [RECIPES + "resume_from_checkpoint", GUIDE + "checkpoints"],
    "time limit": [GUIDE + "parallel", GUIDE + "questions"],
    "timeout": [GUIDE + "failures", GUIDE + "questions"],
    "cluster": [RECIPES + "dask_cluster", GUIDE + "clusters"],
    "dask": [RECIPES + "dask_cluster", GUIDE + "clusters"],
    "ray": [GUIDE + "clusters"],
    "random_state": [RECIPES + "reproducible_results", GUIDE + "parallel"],
    "reproducible": [RECIPES + "reproducible_results"],
    "install": ["installation"],
    "n_jobs": [GUIDE + "parallel"],
    "gpu": [GUIDE + "nas", GUIDE + "questions"],
    "memory": [GUIDE + "failures", GUIDE + "questions"],
    "sample_weight": [GUIDE + "questions"],
    "weights": [GUIDE + "questions", RECIPES + "groups_and_nested"],
    "patients": [GUIDE + "questions", RECIPES + "groups_and_nested"],
    "trade-off": [GUIDE + "ensembles", "auto_examples/results/plot_pareto_front"],
    "fit time": [GUIDE + "ensembles", "auto_examples/results/plot_pareto_front"],
    "categorical": [RECIPES + "nas_data_frame", GUIDE + "five_minutes"],
    "pandas": [GUIDE + "five_minutes"],
    "GridSearchCV": ["generated/sklearn_automl.GridSearchCV", GUIDE + "grid_search"],
    "which search": ["index", GUIDE + "getting_started"],
    "bayesian optimization": [GUIDE + "bayesian"],
    "hyperband": [GUIDE + "hyperband"],
    "optuna": [GUIDE + "coming_from"],
    "pruning": [GUIDE + "coming_from", GUIDE + "learning_curves"],
    "retrain every month": [GUIDE + "history"],
    "monthly": [GUIDE + "history"],
    "killed job": [GUIDE + "checkpoints"],
    "skopt": [GUIDE + "coming_from"],
    "HalvingGridSearchCV": [GUIDE + "coming_from"],
    "plot": [GUIDE + "cv_results", GUIDE + "inspection", GUIDE + "questions"],
    "progress bar": [GUIDE + "callbacks"],
    "mlflow": [RECIPES + "track_with_mlflow", "auto_examples/results/log_to_mlflow"],
    "ensemble": [GUIDE + "ensembles"],
    "pareto": [GUIDE + "ensembles", "auto_examples/results/plot_pareto_front"],
    "neural architecture search": [GUIDE + "nas"],
    "darts": [GUIDE + "nas_one_shot", "auto_examples/networks/plot_nas_darts"],
    "nan": [GUIDE + "questions", GUIDE + "failures"],
    "save model": [GUIDE + "questions"],
    "warm start": [GUIDE + "questions", GUIDE + "history"],
    "conditional": [GUIDE + "search_spaces", GUIDE + "questions"],
    "log scale": [GUIDE + "questions", GUIDE + "search_spaces"],
    "overfitting": [GUIDE + "questions"],
    "small data": [GUIDE + "questions", GUIDE + "resources"],
}


def rounded(number):
    """Round as JavaScript does: a half goes up."""
    return int(number + 0.5)


class Index:
    """The index of a built documentation, and the search of searchtools.js."""

    def __init__(self, folder):
        text = (Path(folder) / "searchindex.js").read_text(encoding="utf-8")
        data = json.loads(text[len("Search.setIndex(") : text.rindex(")")])
        self.__dict__.update(data)
        self._language = SearchEnglish({})

    def search(self, query):
        """Return (page, title) of all results, the best one first."""
        lower = query.lower().strip()
        main = [*self._titles(lower), *self._objects(lower), *self._full_text(query)]
        other = []
        for entry in self._entries(lower):
            (main if entry[-1] else other).append(entry[:-1])
        found = {}
        for group in (main, other):
            # By score, then by title.
            for _, title, page, anchor in sorted(
                group, key=lambda r: (-r[0], r[1].lower())
            ):
                found.setdefault((page, title, anchor))
        return [(page, title) for page, title, _ in found]

    def _titles(self, query):
        for title, places in self.alltitles.items():
            if query in title.lower() and len(query) >= len(title) / 2:
                for page, anchor in places:
                    of_page = self.titles[page]
                    score = rounded(15 * len(query) / len(title)) + (of_page == title)
                    shown = title if of_page == title else f"{of_page} > {title}"
                    yield score, shown, self.docnames[page], anchor or ""

    def _entries(self, query):
        for entry, places in self.indexentries.items():
            if query in entry and len(query) >= len(entry) / 2:
                score = rounded(100 * len(query) / len(entry))
                for page, anchor, is_main in places:
                    yield score, self.titles[page], self.docnames[page], anchor, is_main

    def _objects(self, query):
        terms = set(re.findall(r"\w+", query))
        for prefix, objects in self.objects.items():
            for page, kind, priority, anchor, name in objects:
                full = f"{prefix}.{name}" if prefix else name
                last = full.lower().rpartition(".")[2]
                kind_name = self.objnames[str(kind)][2]
                text = f"{prefix} {name} {kind_name} {self.titles[page]}".lower()
                for term in terms:
                    if term not in full.lower() or not all(t in text for t in terms):
                        continue
                    score = 11 if term in (last, full.lower()) else 6 * (term in last)
                    score += {0: 15, 1: 5, 2: -5}.get(priority, 0)
                    yield score, full, self.docnames[page], anchor or full

    def _full_text(self, query):
        words = {
            self._language.stem(word.lower())
            for word in re.findall(r"\w+", query)
            if word.lower() not in self._language.stopwords and not word.isdigit()
        }
        scores = {}
        for word in words:
            for pages, score in self._pages_with(word):
                for page in [pages] if isinstance(pages, int) else pages:
                    scores.setdefault(page, {})[word] = score
        n_long = sum(len(word) > 2 for word in words)
        for page, of_words in scores.items():
            if len(of_words) in (len(words), n_long):
                best = max(of_words.values())
                yield best, self.titles[page], self.docnames[page], ""

    def _pages_with(self, word):
        """Yield pages and their score; a later one replaces an earlier one."""
        kinds = (self.terms, 5, 2), (self.titleterms, 15, 7)
        for terms, whole, _ in kinds:
            if word in terms:
                yield terms[word], whole
        for terms, _, part in kinds:
            if word not in terms and len(word) > 2:
                yield from ((terms[term], part) for term in terms if word in term)


def main(folder):
    """Print a table; the exit code says whether a page was not found."""
    index = Index(folder)
    missing = 0
    for question, wanted in QUESTIONS.items():
        results = index.search(question)[:FIRST]
        place = next((i for i, (page, _) in enumerate(results, 1) if page in wanted), 0)
        missing += not place
        shown = results[place - 1][0] if place else [page for page, _ in results]
        print(f"{place or 'NOT FOUND':<10}{question:<28}{shown}")
    print(f"{len(QUESTIONS)} questions, {missing} without their page")
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
