"""Faults that a developer orders with `--fault`, to see how a show takes them."""
