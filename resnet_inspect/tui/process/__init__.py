"""Work beside the screen: the child process that has torch, and threads of the explorer."""
