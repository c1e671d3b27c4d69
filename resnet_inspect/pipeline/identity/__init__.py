"""The network that weights are of.

- `recognition`: `identify`, and the network of weights where nobody named one.
- `search`: the networks that are compared, nearest first.
- `conversion`: weights under the names of their network, and code that loads them.
"""
