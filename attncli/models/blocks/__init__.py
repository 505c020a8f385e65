"""The blocks of the families: layers, rotations, activations."""
