"""Values that can change while the show runs, and actions that can be triggered."""
