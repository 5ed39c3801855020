'use strict';

// Sends pushes through @parse/node-apn, one after another over one connection, and prints what it says of each.

const fs = require('node:fs');
const apn = require('@parse/node-apn');

const order = JSON.parse(fs.readFileSync(0, 'utf8'));

function notification(push) {
  const note = new apn.Notification();
  note.topic = push.topic;
  note.pushType = push.type;
  note.priority = push.priority;
  note.id = push.id;
  note.expiry = Math.floor(Date.now() / 1000) + push.ttl_seconds;
  note.collapseId = push.collapse;
  note.payload = { ext: push.ext };
  if (push.type === 'alert') {
    note.title = push.title;
    note.body = push.body;
    note.badge = push.badge;
    note.sound = 'default';
    note.threadId = push.thread;
    note.mutableContent = true;
    note.interruptionLevel = 'active';
  } else if (push.type === 'background') {
    note.contentAvailable = true;
  } else {
    // A call shows nothing by itself, and node-apn leaves out an aps without keys, which APNs wants to be there.
    note.rawPayload = { aps: {}, ext: push.ext };
  }
  return note;
}

async function main() {
  const provider = new apn.Provider({
    address: order.host,
    port: order.port,
    ca: order.authority,
    // It would send again what failed with 429 or 5xx.
    connectionRetryLimit: 0,
    ...(order.certificate
      ? { cert: order.certificate, key: order.certificate_key }
      : { token: { key: order.key, keyId: order.key_id, teamId: order.team_id } }),
  });
  const said = [];
  for (const push of order.pushes) {
    const { sent, failed } = await provider.send(notification(push), push.token);
    const [{ status, response, error }] = [...sent, ...failed];
    const { reason, timestamp } = response ?? {};
    said.push({ sent: sent.length, status, reason, since: timestamp, error: error?.message });
  }
  await provider.shutdown();
  console.log(JSON.stringify(said));
}

main();
