"""Trains small networks in Keras."""
