"""Takes: what a show has seen and which values it had, in one file that plays again."""
