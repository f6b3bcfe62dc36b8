"""Where the canvas goes: window, recorder, files."""
