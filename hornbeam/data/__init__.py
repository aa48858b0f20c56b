"""Data for training: arrays and iterables, made into batches, and checked before anything is computed."""
