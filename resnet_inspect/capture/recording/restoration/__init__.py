"""What lets a model be run, changed and moved, and be as it was afterwards.

Restored: every module's attributes (training flags, hooks, plain values), its parameters and
buffers as objects and values, what is in its collections and theirs, the random number generators.
A forward that changes an object of its own class is beyond this, as is what it changes of torch.
"""
