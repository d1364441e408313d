"""The page: only reads."""
