"""Sends pushes through aioapns, one after another over one connection, and prints what it says of each."""

import asyncio
import json
import ssl
import sys

from aioapns import APNs, NotificationRequest, PushType
from aioapns.connection import APNsProductionClientProtocol


def notification(push: dict) -> NotificationRequest:
    aps = {}
    if push["type"] == "alert":
        aps = {
            "alert": {"title": push["title"], "body": push["body"]},
            "badge": push["badge"],
            "sound": "default",
            "thread-id": push["thread"],
            "mutable-content": 1,
            "interruption-level": "active",
        }
    elif push["type"] == "background":
        aps = {"content-available": 1}
    return NotificationRequest(
        device_token=push["token"],
        message={"aps": aps, "ext": push["ext"]},
        notification_id=push["id"],
        time_to_live=push["ttl_seconds"],
        priority=push["priority"],
        collapse_key=push["collapse"],
        push_type=PushType(push["type"]),
        apns_topic=push["topic"],
    )


async def main(order: dict) -> None:
    APNsProductionClientProtocol.APNS_SERVER = order["host"]
    APNsProductionClientProtocol.APNS_PORT = order["port"]
    context = ssl.create_default_context(cafile=order["authority"])
    # aioapns asks for no protocol by itself.
    context.set_alpn_protocols(["h2"])
    if "certificate_file" in order:
        credential = {"client_cert": order["certificate_file"]}
    else:
        credential = {"key": order["key"], "key_id": order["key_id"], "team_id": order["team_id"]}
    topic = order["pushes"][0]["topic"]
    client = APNs(**credential, topic=topic, ssl_context=context, max_connections=1, max_connection_attempts=1)
    said = []
    for push in order["pushes"]:
        result = await client.send_notification(notification(push))
        said.append(
            {
                "sent": int(result.is_successful),
                "status": None if result.is_successful else int(result.status),
                "reason": result.description,
                "since": result.timestamp,
            }
        )
    client.pool.close()
    print(json.dumps(said))


asyncio.run(main(json.load(sys.stdin)))
