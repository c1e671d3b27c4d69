"""The torch tower's sources: a name becomes an `nn.Module`.

This file and the catalogue know no torch, so names can be listed and checked at once.
"""
