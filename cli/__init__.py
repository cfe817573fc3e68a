"""The limber command and the embedded stack that it supervises.

May import everything."""
