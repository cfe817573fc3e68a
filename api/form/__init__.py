"""The client's own intake form: pages for one invited person, reached by a signed link and nothing else.

Nothing here knows of log-ins, of staff, or of any other client; what it leads to goes by `api.intake_opening`.
"""
