"""What `ventral train` needs around the training itself: reading pictures, progress."""
