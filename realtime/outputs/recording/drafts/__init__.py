"""Files that are being written: drafts, and the list by which they are known after a crash."""
