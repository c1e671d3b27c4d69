"""What a network needs: memory to run and to train, and what its device bounds it by."""
