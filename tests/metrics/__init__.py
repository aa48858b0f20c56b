"""Tests of hornbeam.metrics."""
