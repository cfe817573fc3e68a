// What a Node program does with Twilio's own SDK, unmodified but for the base URL. Prints one JSON document.
const twilio = require("twilio");

const [url, accountSid, authToken, from, to] = process.argv.slice(2);
const client = twilio(accountSid, authToken);
client.api.baseUrl = url;
const stranger = twilio(accountSid, "wrong");
stranger.api.baseUrl = url;

const refusal = async (promise) => {
  try {
    await promise;
    return null;
  } catch (error) {
    return { code: error.code, status: error.status, moreInfo: error.moreInfo };
  }
};

(async () => {
  const created = await client.messages.create({ to, from, body: "Hello from Node £" });
  let fetched = await client.messages(created.sid).fetch();
  for (let look = 0; look < 100 && fetched.status !== "delivered"; look += 1) {
    await new Promise((later) => setTimeout(later, 20));
    fetched = await client.messages(created.sid).fetch();
  }
  const listed = await client.messages.list({ to, dateSentAfter: new Date(Date.now() - 60_000), pageSize: 1 });
  const redacted = await client.messages(created.sid).update({ body: "" });
  const removed = await client.messages(created.sid).remove();
  process.stdout.write(JSON.stringify({
    created: { sid: created.sid, status: created.status, dateCreated: created.dateCreated instanceof Date, numSegments: created.numSegments },
    fetched: { status: fetched.status, dateSent: fetched.dateSent instanceof Date, errorCode: fetched.errorCode },
    listed: listed.map((one) => one.body),
    redacted: redacted.body,
    removed,
    gone: await refusal(client.messages(created.sid).fetch()),
    landline: await refusal(client.messages.create({ to: "+15005550009", from, body: "x" })),
    stranger: await refusal(stranger.messages.list({ limit: 1 })),
  }));
})().catch((error) => { process.stderr.write(`${error.stack}\n`); process.exit(1); });
