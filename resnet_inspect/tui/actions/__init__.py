"""What the explorer's keys do: a module for each family of actions, gathered in `families`."""
