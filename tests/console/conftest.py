"""A clinic in the middle of its work: plans in every stage, played by the real rules and kept in a real record."""
