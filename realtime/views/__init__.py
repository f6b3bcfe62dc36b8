"""The views, one file each: they draw what the network computes from the frame."""
