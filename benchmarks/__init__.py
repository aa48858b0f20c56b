"""Hornbeam beside its peers: `make bench`.

Each file of this folder that ends in `ROWS` holds the rows of one concern. A row names its sides (what is measured, in
which virtual environment) and its targets (ratios or bounds to reach). The sides of a row are measured in turn, round
after round, and only the ratios within a round count: this machine may be slow or busy, but it is so for all of them.
"""
