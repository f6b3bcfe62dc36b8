"""What the features of a layer have in common from place to place: main directions, clusters, likeness to a place."""
