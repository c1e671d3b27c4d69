"""A network is run once, and every layer that it ran is recorded.

- `trace`: `trace`, of a name or a module.
- `watch`: `watch`, of a module in the user's own program.
- `forwards`: one forward, with a guessed input or on the CPU where need be.
- `cache`: which traces are kept, and `cached`.
- `forward_errors`: what a forward that raises is to the user, and how to give it what it takes.
"""
