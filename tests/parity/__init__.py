"""Comparisons with Keras, the oracle."""
