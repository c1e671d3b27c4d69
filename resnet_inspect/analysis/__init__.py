"""Floor 1: questions asked of a trace. Pure functions; nothing here knows torch.

The rooms, from the top down; imports run down only: `checks`, `identity`, `taps`, `failure` >
`comparison` > `timing` > `cost` > `structure` > `geometry`, `counts`.
"""
