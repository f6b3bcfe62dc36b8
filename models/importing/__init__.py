"""How any convolutional network in an ONNX file is checked, normalized and stored."""
