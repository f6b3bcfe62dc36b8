"""The photographs that the bundled network is trained on."""
