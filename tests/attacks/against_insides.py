"""What stands behind the gateway: doors, command lines, logs."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from pathlib import Path

from tests.attacks.target import METRICS_TOKEN, Outcome, Target, attack

NAMES = ("rasa", "actions", "gateway", "console", "simulator")
_TURN = {
    "conversation_id": "c",
    "message_id": "1",
    "channel": "sms",
    "language": "en",
    "text": "hi",
}
_LISTENS = "0A"  # how the kernel writes it


def _secrets(target: Target) -> list[str]:
    return [
        METRICS_TOKEN,
        *(value for key, value in target.secrets.items() if key != "TWILIO_ACCOUNT_SID"),
    ]


@attack("rasa", "its API and its channel without the token, and with a wrong one")
def _(target: Target) -> Outcome:
    for path in ("/status", "/domain", "/conversations/x/tracker", "/version"):
        for token in ("", "?token=", "?token=wrong"):
            answer = target.http.get(f"{target.rasa}{path}{token}")
            if path != "/version":
                assert answer.status_code == 401, path
    for path in ("/model/parse", "/model/train", "/conversations/x/messages"):
        assert target.http.post(f"{target.rasa}{path}", json={"text": "hi"}).status_code == 401
    assert target.http.put(f"{target.rasa}/model", json={"model_file": "x"}).status_code == 401
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}):
        answer = target.http.post(
            f"{target.rasa}/webhooks/frontdesk/turn", json=_TURN, headers=given
        )
        assert answer.status_code == 401
    for channel in ("rest", "twilio", "facebook", "socketio", "callback"):
        answer = target.http.post(f"{target.rasa}/webhooks/{channel}/webhook", json={})
        assert answer.status_code == 404, channel
    return Outcome("401; the stock channels are not there (404)")


@attack("actions", "an action without the token, and with a wrong one")
def _(target: Target) -> Outcome:
    call = {"next_action": "action_answer", "sender_id": "x", "tracker": {}}
    for given in ({}, {"X-Frontdesk-Token": "wrong"}, {"X-Frontdesk-Token": "token="}):
        answer = target.http.post(f"{target.actions}/webhook", json=call, headers=given)
        assert answer.status_code == 401
    for page in ("/openapi.json", "/docs", "/actions"):
        assert target.http.get(f"{target.actions}{page}").status_code == 404
    return Outcome("401; no description (404)")


@attack("all", "the doors from another machine: who listens where")
def _(target: Target) -> Outcome:
    ports = set(target.desk.ports.values())
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            local, _remote, state = line.split()[1:4]
            address, port = local.split(":")
            if state == _LISTENS and int(port, 16) in ports:
                found.add(int(port, 16))
                assert address == "0100007F", f"{address}:{int(port, 16)} is open to others"
    assert found == ports
    outside = [one for one in _own_addresses() if not one.startswith("127.")]
    for address in outside:
        for port in ports:
            with socket.socket() as line:
                line.settimeout(2)
                assert line.connect_ex((address, port)) != 0
    return Outcome("127.0.0.1 only; by another address of the machine: refused")


def _own_addresses() -> set[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        return set()
    return {str(one[4][0]) for one in found}


@attack("all", "the command lines, which every user of the machine may read")
def _(target: Target) -> Outcome:
    secrets = _secrets(target)
    pids = {name: target.desk.pid(name) for name in NAMES}
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", ",".join(map(str, pids.values()))],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    for pid in (*pids.values(), *map(int, children)):
        shown = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        assert not [one for one in secrets if one in shown], shown
    return Outcome("no token, password or secret")


@attack("all", "the logs of all processes: planted text, name, number, card, password, secrets")
def _(target: Target) -> Outcome:
    phone, planted = target.phone(), "Zebulon Quackenbush"
    card, password = "4111 1111 1111 1111", "planted-password-77"
    text = f"My name is {planted}, my bike was stolen at 5 Heliotrope Lane, card {card}"
    fields = target.text(text, From=phone)
    assert target.twilio(fields).status_code == 200
    stored = target.inbox(fields["MessageSid"])
    assert stored is not None
    assert card not in stored.text, "a card's number is masked before it is stored"
    target.answers(stored.id)
    target.say("web", f"{planted} /restart <b>{planted}</b>")
    target.say("messenger", f'/inform{{"answer": "{planted}"}}')
    email = "planted@larkfield.example"
    target.http.post(f"{target.console}/sign-in", data={"email": email, "password": password})
    target.http.get(f"{target.gateway}/chat?start={planted}&language={phone}")
    for key in ("text", "conversation_id"):  # what breaks quotes what it broke on
        target.http.post(
            f"{target.actions}/webhook",
            headers={"X-Frontdesk-Token": "token=" + target.secrets["FRONTDESK_INTERNAL_TOKEN"]},
            json={"next_action": "action_answer", key: planted, "tracker": {"slots": planted}},
        )
        target.http.post(
            f"{target.rasa}/webhooks/frontdesk/turn",
            headers={"Authorization": "Bearer " + target.secrets["FRONTDESK_INTERNAL_TOKEN"]},
            json={key: planted},
        )
    time.sleep(0.5)
    hidden = [planted, "Quackenbush", "Heliotrope", phone, phone[1:], card, password, email]
    for name in NAMES[:-1]:  # the simulator plays the providers, in local mode only
        log = (target.desk.folder / "log" / f"{name}.log").read_text(errors="replace")
        found = [one for one in (*hidden, *_secrets(target)) if one in log]
        assert not found, (name, found)
        assert not re.search(r"Traceback", log), name
    return Outcome("none of it", "the message, its card number masked")


@attack("all", "lines of the logs that a machine cannot read")
def _(target: Target) -> Outcome:
    for name in ("rasa", "actions", "gateway"):
        log = (target.desk.folder / "log" / f"{name}.log").read_text(errors="replace")
        lines = log.splitlines()
        if name == "rasa":  # what Rasa pins speaks up while it is imported
            lines = lines[next(n for n, line in enumerate(lines) if line.startswith("{")) :]
        for line in lines:
            assert isinstance(json.loads(line), dict), (name, line)
    return Outcome("each is one JSON object")
