"""The torch tower's capture: an `nn.Module` and an input become a trace."""
