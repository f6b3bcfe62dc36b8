"""The pictures of a training run: loaded, split, augmented, in batches."""
