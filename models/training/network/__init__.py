"""The network that is trained, and its optimizer."""
