"""Values as JSON and back: traces, measurements, signals, and the files of a run."""
