"""Data for training: arrays and iterables, made into batches of NumPy arrays, and checked before anything is computed."""
