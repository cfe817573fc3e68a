"""What leaves the database for good: one client's whole record, and the story of all plans for an archive.

Who took it out is on record before the first byte leaves.
"""
