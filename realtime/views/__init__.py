"""The views, one file each: what the network sees, as pictures beside the camera."""
