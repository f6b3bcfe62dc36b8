"""Distillation: a trained network, the teacher, teaches a small one its features and its classes."""
