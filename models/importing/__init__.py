"""Import a convolutional network from an ONNX file: validate, rewrite in passes, try out, store."""
