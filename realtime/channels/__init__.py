"""Which channels are shown, and what single ones respond to."""
