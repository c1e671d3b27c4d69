"""What is residual about a network, from its data flow: sums, then blocks of them, then stages."""
