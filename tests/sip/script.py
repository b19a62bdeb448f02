"""Scenarios for sipp, written as steps: each function gives one step, `written` puts them into a file.

A caller's steps begin with `invite`; a phone's with `rung`. Everything else stays within that dialog.
"""

from xml.sax.saxutils import escape

SDP = """v=0
o=u 1 {version} IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a={direction}
"""
ADDRESS = "sip:[service]@[remote_ip]:[remote_port]"
ME = '"a" <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]S[call_number]'
REASONS = {
    180: "Ringing",
    200: "OK",
    487: "Terminated",
    480: "Away",
    486: "Busy",
    491: "Request Pending",
    503: "Down",
    603: "Decline",
}


def sdp(direction="sendrecv", version=1):
    return SDP.format(direction=direction, version=version)


def _send(lines, body="", retrans=True):
    kind = "Content-Type: application/sdp\n" if body else ""
    text = "\n".join(lines) + f"\n{kind}Content-Length: [len]\n\n{body}"
    again = ' retrans="500"' if retrans else ""
    return f"<send{again}><![CDATA[\n{text}]]></send>\n"


def request(method, number, *more, body="", to=True, branch="[branch]", retrans=True):
    """A request of the caller; `to`: inside the dialog."""
    lines = [f"{method} {ADDRESS} SIP/2.0", f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}"]
    lines += [f"From: {ME}", f"To: <{ADDRESS}>" + ("[peer_tag_param]" if to else ""), "Call-ID: [call_id]"]
    lines += [f"CSeq: {number} {method}", "Contact: <sip:[field0]@[local_ip]:[local_port]>", "Max-Forwards: 70"]
    return _send([*lines, *more], body, retrans)


def invite(*more, body=None, branch="[branch]"):
    return request("INVITE", 1, *more, body=sdp() if body is None else body, to=False, branch=branch)


def ack(number=1, body=""):
    return request("ACK", number, body=body, retrans=False)


def answered(body=""):
    """Our 200 OK, and the ACK."""
    return early() + got(200) + ack(body=body)


def early():
    """Provisional answers, if any."""
    return "".join(f'<recv response="{code}" optional="true"/>\n' for code in (100, 180, 183))


def got(code, *patterns, optional=False):
    """An answer; its body must match every pattern."""
    checks = "".join(
        f'<ereg regexp="{escape(one)}" search_in="body" check_it="true" assign_to="{n + 1}"/>'
        for n, one in enumerate(patterns)
    )
    names = ",".join(str(n + 1) for n in range(len(patterns)))
    use = f'<Reference variables="{names}"/>\n' if patterns else ""
    if optional:
        return f'<recv response="{code}" optional="true"/>\n'
    return (
        f'<recv response="{code}"><action>{checks}</action></recv>\n' if checks else f'<recv response="{code}"/>\n'
    ) + use


def asked(method, seconds=30, **headers):
    """A request of the other side, in which these headers must say so (`Call_Info="answer-after"`)."""
    checks = "".join(
        f'<ereg regexp="{escape(one)}" search_in="hdr" header="{name.replace("_", "-")}:" check_it="true" '
        f'assign_to="{n + 1}"/>'
        for n, (name, one) in enumerate(headers.items())
    )
    kept = "".join(f'<ereg regexp=".*" search_in="hdr" header="{name}:" assign_to="{_KEPT[name]}"/>' for name in _KEPT)
    action = checks + (kept if method == "INVITE" else "")
    use = f'<Reference variables="{",".join(str(n + 1) for n in range(len(headers)))}"/>\n' if headers else ""
    use += f'<Reference variables="{",".join(_KEPT.values())}"/>\n' if method == "INVITE" else ""
    return f'<recv request="{method}" timeout="{int(seconds * 1000)}"><action>{action}</action></recv>\n' + use


_KEPT = {"Via": "8", "CSeq": "9"}


def reply(code, *more, body="", invite=False, tag=""):
    """An answer to the last request; `invite`: to the INVITE, also when other requests came since."""
    via, number = ("Via:[$8]", "CSeq:[$9]") if invite else ("[last_Via:]", "[last_CSeq:]")
    lines = [f"SIP/2.0 {code} {REASONS[code]}", via, "[last_From:]", f"[last_To:]{tag}", "[last_Call-ID:]"]
    return _send([*lines, number, "Contact: <sip:[local_ip]:[local_port]>", *more], body, retrans=False)


def pause(seconds=None):
    return "<pause/>\n" if seconds is None else f'<pause milliseconds="{int(seconds * 1000)}"/>\n'


def speak(times=-1):
    """The file `tone.alaw` as sound, once or for ever."""
    return f'<nop><action><exec rtp_stream="tone.alaw,{times},8"/></action></nop>\n'


def bye(number=9):
    return request("BYE", number) + got(200)


def let_go(seconds=30):
    """The other side ends the call."""
    return asked("BYE", seconds) + reply(200)


def written(folder, name, *steps):
    """The scenario as a file."""
    file = folder / f"{name}.xml"
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    # sipp wants every named variable used: the references go to the end
    lines = "".join(steps).splitlines(keepends=True)
    uses = [line for line in lines if line.startswith("<Reference")]
    body = "".join(line for line in lines if not line.startswith("<Reference"))
    file.write_text(f'{head}<scenario name="{name}">\n{body}{"".join(sorted(set(uses)))}</scenario>\n')
    return file
