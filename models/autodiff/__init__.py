"""Reverse-mode automatic differentiation of ONNX graphs."""
