"""One client's plan played in virtual time on the real stack: the people, their script, the story it makes.

Uses only what people and programs use: the HTTP API, the clients' phones, and Temporal's virtual clock.
"""
