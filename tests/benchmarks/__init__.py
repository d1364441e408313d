"""What is measured by hand: each module is a script that prints its figures."""
