"""The console: pages for staff over the same record, commands and problems as the JSON API.

Pages are rendered here; what may be asked of a plan, and why it is refused, stays where the API has it.
"""
