"""Tests of hornbeam.optimizers."""
