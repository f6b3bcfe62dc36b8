"""The execution providers of ONNX Runtime: what each can do, and what it needs."""
