"""The views of a trace: a module for each, registered in `VIEWS`."""
