"""Fitting and judging the classifier; only this folder needs scikit-learn."""
