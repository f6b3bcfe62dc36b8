"""Cameras of this computer, through OpenCV."""
