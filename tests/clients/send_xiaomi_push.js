'use strict';

// Sends one message through xiaomi-push and prints what it says.

const fs = require('node:fs');
const { Message, Notification } = require('xiaomi-push');

const order = JSON.parse(fs.readFileSync(0, 'utf8'));
const push = order.push;

async function main() {
  const notification = new Notification({ production: true, appSecret: order.app_secret });
  // Only the host is another one: the path stays its own.
  const path = new URL(notification.apis.regid).pathname;
  notification.apis.regid = `https://${order.host}:${order.port}/xiaomi${path}`;
  const message = new Message()
    .title(push.title)
    .description(push.body)
    .payload(push.payload)
    .passThrough(0)
    .notifyType(-1)
    .notifyId(push.notify_id)
    .timeToLive(push.ttl_ms)
    .restrictedPackageName(push.package);
  for (const [name, value] of Object.entries(push.extra)) {
    message.extra(name, value);
  }
  try {
    return { answer: await notification.send(push.tokens, message) };
  } catch (error) {
    // A refusal is an Error whose text is the vendor's answer.
    return { refusal: JSON.parse(error.message) };
  }
}

main().then((said) => console.log(JSON.stringify(said)));
