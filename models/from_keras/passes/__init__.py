"""The passes that only networks of Keras need: one node a convolution, and the names of Keras layers."""
