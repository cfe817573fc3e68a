"""FastAPI: Twilio's webhooks, the staff JSON API, the console and the client's form.

May import schemas, care, database and messaging; reaches plans through worker's client by injection."""
