"""What flows through a network in one step, reduced on its device."""
