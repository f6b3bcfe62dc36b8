"""The live show: render pipeline, layout, main loop."""
