"""Tests of hornbeam.losses."""
