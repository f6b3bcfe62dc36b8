"""What an imported network consists of: layers, classifier, input sizes."""
