"""Activation maximization: the picture that a channel or a class responds to most."""
