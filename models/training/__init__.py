"""Training a small network on pictures: with `models.export`, the door to TensorFlow and Keras."""
