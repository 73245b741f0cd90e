#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Verifies messages with dkimpy, which shares no code with what signed them.

JSON comes in: {"records": {NAME: TXT}, "message": HEX}; a line goes out for
each signature, top to bottom: "pass ALGORITHM DOMAIN SELECTOR" or "fail ...".
"""
import json
import sys

import dkim

asked = json.load(sys.stdin)
records = {name.lower(): text.encode() for name, text in asked["records"].items()}


def lookup(name, timeout=5):
    return records.get(name.decode().rstrip(".").lower())


verifier = dkim.DKIM(bytes.fromhex(asked["message"]))
count = sum(name.lower() == b"dkim-signature" for name, _ in verifier.headers)
for i in range(count):
    try:
        good = verifier.verify(idx=i, dnsfunc=lookup)
    except dkim.DKIMException as error:
        good = False
        print(error, file=sys.stderr)
    tags = verifier.signature_fields
    print("pass" if good else "fail", *(tags[t].decode() for t in (b"a", b"d", b"s")))
