"""Cards: all that is known of one call, block, stage, end or of the network, in sections."""
