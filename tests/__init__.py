"""Tests of Hornbeam; the folders mirror the package."""
