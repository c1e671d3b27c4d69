"""What Python gets for a question: an answer that prints, shows itself and gives plain data.

- `tables`: `Answer`, a table of rows: taps, cost, verify, diff.
- `costs`: what several networks need, a row for each.
- `lessons`: `Explanation`, sentences with the network's own numbers.
- `pages`: `Exploration`, a page that explores a network, or two.
- `figures`: `Drawing`, a network, a block or the cost of each stage as a figure.
- `attributions`: `Attributions`, what the scores of images rest on.
"""
