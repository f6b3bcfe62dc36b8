"""Forms of a dream: ways to draw the picture with its dream, once more on every frame."""
