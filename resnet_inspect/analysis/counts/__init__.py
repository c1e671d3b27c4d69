"""What can be counted: parameters, multiply-accumulates, bytes of activations."""
