"""How any convolutional network in an ONNX file becomes a stored network, one step a file."""
