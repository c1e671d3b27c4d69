"""What is shown of a trace. Here, and nowhere else, a number becomes text."""
