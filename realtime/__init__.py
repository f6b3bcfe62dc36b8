"""The live show: capture, engine, views, compositing, controls, window and recorder."""
