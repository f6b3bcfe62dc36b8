"""The threads that draw: views at the rate of the network, canvases at that of the show."""
