"""Sequences of one length."""

from hornbeam.utils._arrays import pad_sequences

__all__ = ["pad_sequences"]
