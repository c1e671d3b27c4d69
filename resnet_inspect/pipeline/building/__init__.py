"""A network is built, filled with weights, and given the inputs that it will run on."""
