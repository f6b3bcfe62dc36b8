"""What `ventral train` needs around the training: loading the data, clustering, progress."""
