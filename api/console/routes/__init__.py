"""Addresses of the console, one file for each of its places. Each is a page, or a form's POST and a redirect."""
