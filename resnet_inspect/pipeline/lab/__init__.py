"""Where the lab meets the other tower: a network is trained, and its scores are attributed."""
