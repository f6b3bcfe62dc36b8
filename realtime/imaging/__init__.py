"""Images: frames, resizing, compositing, colormaps, text."""
