"""Networks in half precision (IEEE 754 float16): 11 bits of precision, and no number above 65504.

What enters and leaves a network stays float32, and so do its operators that sum or square many activations.
"""
