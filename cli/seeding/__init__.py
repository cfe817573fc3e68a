"""Plans to measure with: simulated lives, recorded as the service records, then copied many times over."""
