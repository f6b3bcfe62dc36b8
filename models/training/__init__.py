"""Training a small network on pictures, in Keras."""
