"""What somebody sends who means harm: bombs, and words that act where they are shown."""
