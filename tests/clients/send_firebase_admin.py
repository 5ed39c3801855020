"""Sends one message through firebase-admin, over HTTP/1.1 (requests) or HTTP/2 (httpx), and prints what it says."""

import asyncio
import datetime
import json
import sys

import firebase_admin
from firebase_admin import credentials, exceptions, messaging
from google.auth.exceptions import GoogleAuthError

order = json.load(sys.stdin)
push = order["push"]
# The one thing that firebase-admin lets nobody set. The path stays its own.
service = messaging._MessagingService
service.FCM_URL = service.FCM_URL.replace("https://fcm.googleapis.com", f"https://{order['host']}:{order['port']}/fcm")
firebase_admin.initialize_app(credentials.Certificate(order["service_account"]))
message = messaging.Message(
    **push["target"],
    data={"ext": push["ext"]},
    notification=messaging.Notification(title=push["title"], body=push["body"]),
    android=messaging.AndroidConfig(
        priority="high",
        ttl=datetime.timedelta(seconds=push["ttl_seconds"]),
        notification=messaging.AndroidNotification(
            channel_id="chat", tag=push["tag"], notification_count=push["badge"], visibility="private", sound="default"
        ),
    ),
    fcm_options=messaging.FCMOptions(analytics_label="chat"),
)
try:
    if order["http2"]:
        (response,) = asyncio.run(messaging.send_each_async([message], dry_run=push["dry_run"])).responses
        if response.exception:
            raise response.exception
        said = {"name": response.message_id}
    else:
        said = {"name": messaging.send(message, dry_run=push["dry_run"])}
except exceptions.FirebaseError as error:
    said = {"error": type(error).__name__, "code": error.code, "text": str(error)}
except GoogleAuthError as error:
    said = {"error": type(error).__name__, "text": str(error)}
print(json.dumps(said))
