"""What a description cannot say: which names exist here, and which moments are to come.

A value that has the right form gets one that exists; a value of a wrong form stays, so that it must be refused.
"""

import re
import uuid

import schemathesis

DURATION = re.compile(r"(?=[0-9P])[0-9PTWDHMSwdhms]{2,40}")
LINE = re.compile(r"[^\x00-\x1f\x7f]*[^\x00-\x1f\x7f\s\ufeff][^\x00-\x1f\x7f]*")


def is_line(value, longest=80):
    return isinstance(value, str) and len(value) <= longest and LINE.fullmatch(value) is not None


def settle(body, names):
    for field, known in names.items():
        if is_line(body.get(field)):
            body[field] = known


def settle_action(action):
    contact = action.get("contact")
    if isinstance(contact, dict):
        if isinstance(contact.get("timezone"), str) and re.fullmatch(r"[A-Za-z0-9_+/-]{1,60}", contact["timezone"]):
            contact["timezone"] = "Europe/Warsaw"
        # Which addresses there are is told in many ways; a plain one is one in all of them.
        email = contact.get("email")
        if isinstance(email, str) and "@" in email:
            contact["email"] = "maria@acme.example"
    if isinstance(action.get("within"), str) and DURATION.fullmatch(action["within"]):
        action["within"] = "PT30M"


def settle_body(body):
    settle(body, {"policy": "inbound-sales", "assignee": "alice", "responder": "alice", "to": "bob", "cover": "bob"})
    if isinstance(body.get("for"), str) and DURATION.fullmatch(body["for"]):
        body["for"] = "30m"
    if is_line(body.get("until")):
        body["until"] = "3d"
    if is_line(body.get("externalId"), 200):
        # The same one with another body is a conflict, which is documented and tried elsewhere.
        body["externalId"] = str(uuid.uuid4())
    if isinstance(body.get("callbackUrl"), str) and re.match(r"https?://", body["callbackUrl"]):
        body["callbackUrl"] = "https://hooks.example/baton"
    if isinstance(body.get("action"), dict):
        settle_action(body["action"])


def settle_query(query):
    if isinstance(query.get("cursor"), str) and re.fullmatch(r"[\w-]{1,2000}", query["cursor"]):
        # Only a list gives cursors.
        del query["cursor"]
    if is_line(query.get("source")):
        query["source"] = "crm"
    if isinstance(query.get("within"), str) and DURATION.fullmatch(query["within"]):
        query["within"] = "30m"


@schemathesis.hook
def before_call(context, case, kwargs):
    if isinstance(case.body, dict):
        settle_body(case.body)
    if isinstance(case.query, dict):
        settle_query(case.query)
