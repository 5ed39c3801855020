"""Sends one push through pyhcm and prints what it says."""

import json
import sys
import urllib.error
from urllib.parse import urlsplit

from pyhcm import HCMNotification

order = json.load(sys.stdin)
client = HCMNotification(order["client_id"], order["client_secret"])
# Only the hosts are other ones: the paths stay pyhcm's own.
base = f"https://{order['host']}:{order['port']}/huawei"
client.url_auth = base + urlsplit(client.url_auth).path
client.url_push = base + urlsplit(client.url_push).path
try:
    said = {"sent": client.notify_single_device(order["token"], order["title"], order["body"])}
except urllib.error.HTTPError as error:
    said = {"status": error.code, "answer": json.loads(error.read())}
print(json.dumps(said))
