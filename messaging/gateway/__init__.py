"""A local stand-in for Twilio's Messages API, with a phone page for people.

May import schemas and messaging."""
