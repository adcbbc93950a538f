"""Verifies a callback as a receiver in Python does; reads {"secret", "headers", "body"} and prints the event."""

import json
import sys

from standardwebhooks import Webhook

given = json.load(sys.stdin)
event = Webhook(given["secret"]).verify(given["body"], given["headers"])
json.dump(event, sys.stdout)
