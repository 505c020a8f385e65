"""What the families are made of: layers, rotations, activations."""
