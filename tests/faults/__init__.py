"""The real parts, broken while they work, and an oracle that keeps what was acknowledged."""
