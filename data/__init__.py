"""The time series: what is kept and how it is read back. Knows no HTTP and no screen."""
