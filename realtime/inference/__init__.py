"""Running graphs: providers, sessions, the engine, predictions, Grad-CAM."""
