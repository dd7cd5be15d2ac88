"""Supernets: weights that all architectures of a space share, and their training."""
