"""Automated machine learning that replaces GridSearchCV by changing one line."""
__version__ = "0.1.0.dev0"
