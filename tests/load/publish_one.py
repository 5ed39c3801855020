"""AMQP_URL=amqp://... python3 publish_one.py VENDOR APP TOKEN TEXT - publishes one chat message by hand."""

import datetime, json, os, sys, uuid

import pika

vendor, app, token, text = sys.argv[1:]
now = datetime.datetime.now(datetime.timezone.utc).isoformat()
job = {"v": 1, "id": str(uuid.uuid4()), "app": app, "vendor": vendor, "targets": [{"token": token}],
       "kind": "chat.direct", "sender": {"id": "u_1", "nickname": "Li Lei"}, "created_at": now,
       "notification": {"body": text}}
job["data"] = {"job": job["id"]}
channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
channel.confirm_delivery()  # from here on basic_publish waits for the broker, and raises if it did not take the job
properties = pika.BasicProperties(content_type="application/json", delivery_mode=2, message_id=job["id"])
channel.basic_publish("push.jobs", f"{vendor}.normal.{app}", json.dumps(job), properties, mandatory=True)
print(job["id"])
