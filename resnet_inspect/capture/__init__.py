"""The torch tower's capture: an `nn.Module` and an input become a trace.

The rooms, from the top down; imports run down only: `timing`, `equivalence` > `recording` >
`readers`, `signals` > `backends`, `inputs`, `images`, and what is known of a network before it
runs (`methods`, `signatures`, `wrappers`, `parametrizations`) > `members`.
"""
