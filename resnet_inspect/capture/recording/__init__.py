"""One forward pass, recorded; the model is left as it was found."""
