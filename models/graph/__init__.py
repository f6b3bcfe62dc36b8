"""ONNX graphs: reading them, writing nodes, cutting out parts."""
