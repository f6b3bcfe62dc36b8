"""From a frame to the canvas: the render pipeline, layout, captions and transitions."""
