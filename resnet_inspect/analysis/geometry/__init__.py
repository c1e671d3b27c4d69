"""Where things are in the input: what an element sees, and by how far elements are apart."""
