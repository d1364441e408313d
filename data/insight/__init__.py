"""What the figures do not say by themselves: pure functions on histories of readings."""
