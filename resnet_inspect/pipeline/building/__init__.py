"""Networks that have a name are built.

- `inputs`: the shape of what they take, known before.
- `networks`: a network and its inputs, on the device where it will run.
- `weights`: the weights of a file, put into it.
"""
