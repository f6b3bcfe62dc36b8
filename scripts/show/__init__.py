"""Commands that run the render pipeline, and lists of controls and cameras."""
