"""FastAPI: Twilio's webhooks, the staff JSON API and, later, the console.

May import schemas, care, database and messaging; reaches plans through worker's client by injection."""
