"""Versioned rule packs and word lists: data that a clinic can read, edit and test."""
