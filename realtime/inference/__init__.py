"""Running graphs: providers, sessions, the engine, predictions."""
