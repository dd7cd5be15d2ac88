"""The search of an architecture: what estimators run."""
