"""What `record` writes besides the plan's own row, one file per kind of row.

Every function here runs inside the record's transaction, under the plan's row lock.
"""
