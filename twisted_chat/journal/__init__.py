"""Where the log is kept: implementations of the Journal seam."""
