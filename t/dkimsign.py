#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Signs messages with dkimpy, which shares no code with libopendkim.

JSON comes in: {"keys": {NAME: "rsa-2048" | "ed25519"}, "jobs": [{"message":
HEX, "key": NAME, "domain": D, "selector": S, "algorithm": "rsa-sha256",
"canon": "relaxed/simple", "length": bool, "headers": [...]}]}; JSON goes
out: {"records": {NAME: TXT}, "signed": [HEX]}.
"""
import base64
import json
import subprocess
import sys

import dkim
import nacl.signing


def make_key(kind):
    if kind == "ed25519":
        key = nacl.signing.SigningKey.generate()
        public = base64.b64encode(bytes(key.verify_key)).decode()
        return base64.b64encode(bytes(key)), "v=DKIM1; k=ed25519; p=" + public
    # The old format, which dkimpy reads whatever openssl likes better today.
    private = subprocess.run(
        ["openssl", "genrsa", "-traditional", kind.split("-")[1]],
        check=True, capture_output=True).stdout
    public = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"],
        input=private, check=True, capture_output=True).stdout
    return private, "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()


def sign(job, keys):
    message = bytes.fromhex(job["message"])
    algorithm = job.get("algorithm", "rsa-sha256").encode()
    headers = job.get("headers")
    field = dkim.sign(
        message, job["selector"].encode(), job["domain"].encode(), keys[job["key"]],
        canonicalize=tuple(job.get("canon", "relaxed/relaxed").encode().split(b"/")),
        signature_algorithm=algorithm, length=job.get("length", False),
        include_headers=[h.encode() for h in headers] if headers else None)
    return (field + message).hex()


todo = json.load(sys.stdin)
made = {name: make_key(kind) for name, kind in todo["keys"].items()}
private = {name: pair[0] for name, pair in made.items()}
json.dump({
    "records": {name: pair[1] for name, pair in made.items()},
    "signed": [sign(job, private) for job in todo["jobs"]],
}, sys.stdout)
