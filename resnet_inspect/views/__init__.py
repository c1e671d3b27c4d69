"""Floor 2: what is shown of a trace. Here, and nowhere else, a number becomes text.

The rooms, from the top down; imports run down only: `lessons` > `cards` > `figures` > `tables`,
`programs` > `words`.
"""
