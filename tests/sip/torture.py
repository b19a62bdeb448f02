"""Messages after RFC 4475 (SIP torture tests), one for each of its sections, in our own words and for our own port.

A message that is well formed may begin a call; its caller never says anything again.
"""

from tests.sip.peers import HOST

SDP = f"v=0\r\no=u 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\nm=audio 39990 RTP/AVP 8\r\n"


def build(name, me, port, method="INVITE", uri="", version="SIP/2.0", body=SDP, drop=(), more=(), **fields):
    """A plain request with some fields changed, left out, or added. `fields` are by name with `_` for `-`."""
    known = {
        "Via": f"SIP/2.0/UDP {me};branch=z9hG4bK{name}",
        "Max-Forwards": "70",
        "From": "<sip:13400000000@example.com>;tag=f",
        "To": f"<sip:12345@{HOST}>",
        "Call-ID": f"{name}@{me}",
        "CSeq": f"1 {method}",
        "Contact": f"<sip:13400000000@{me}>",
    }
    known |= {key.replace("_", "-"): value for key, value in fields.items()}
    if body and method == "INVITE":
        known.setdefault("Content-Type", "application/sdp")
    known.setdefault("Content-Length", str(len(body)) if method == "INVITE" else "0")
    lines = [f"{method} {uri or f'sip:12345@{HOST}:{port}'} {version}".rstrip()]
    lines += [f"{key}: {value}" for key, value in known.items() if key not in drop]
    text = "\r\n".join([*lines, *more, "", body if method == "INVITE" else ""])
    return text.encode("utf-8", "surrogateescape")


def messages(port, me):
    """All of them, (name of the section's file, datagram); `me` is the sender's host and port."""

    def make(name, **given):
        return name, build(name, me, port, **given)

    date = "Fri, 01 Jan 2010 16:00:00 EST"
    folded = f"SIP / 2.0\r\n /UDP\r\n    {me};branch=z9hG4bKwsinv"
    sender, uri = "<sip:13400000000@example.com>;tag=f", f"sip:12345@{HOST}:{port}"
    odd = "!interesting-Method0123456789_*+`.%indeed'~"
    wide = "v" * 3000
    parts = "--7a\r\nContent-Type: text/plain\r\n\r\nhello\r\n--7a\r\n\r\n\0\x01\r\n--7a--\r\n"
    return [
        # 3.1.1 valid
        make("wsinv", Via=folded, Max_Forwards="0068", CSeq="0009\r\n  INVITE", more=["New:  a\r\n b"]),
        make("intmeth", method=odd, From='"BEL:\x07 NUL:\x00 DEL:\x7f" <sip:a@example.com>;tag=f'),
        make("esc01", From="<sip:I%20have%20spaces@example.com>;tag=f"),
        make("escnull", method="REGISTER", To="<sip:null-%00-null@example.com>"),
        make("esc02", method="RE%47IST%45R"),
        make("lwsdisp", method="OPTIONS", From="caller<sip:caller@example.com>;tag=f"),
        make("longreq", From=f'"{"I have a very long name " * 90}" {sender}', more=[f"Unknown-{wide}: {wide}"]),
        (
            "dblreq",
            build("dblreq1", me, port, method="OPTIONS") + build("dblreq2", me, port, method="OPTIONS"),
        ),
        make("semiuri", method="OPTIONS", uri=f"sip:user;par=u%40example.net@{HOST}:{port}"),
        make("transports", method="OPTIONS", more=["Via: SIP/2.0/SCTP a", "Via: SIP/2.0/UNKNOWN b"]),
        make("mpart01", body=parts, Content_Type='multipart/mixed;boundary="7a"'),
        ("unreason", f"SIP/2.0 200 = 2**3 * 5**2 но сто девяносто\r\nVia: SIP/2.0/UDP {me}\r\n\r\n".encode()),
        ("noreason", f"SIP/2.0 100 \r\nVia: SIP/2.0/UDP {me};branch=z9hG4bK0\r\n\r\n".encode()),
        # 3.1.2 invalid
        make("badinv01", Via=f"SIP/2.0/UDP {me};;,;,,", From="<sip:a@b>;;,,;;tag=f", Contact="<sip:j@x>;;;;"),
        make("clerr", Content_Length="9999"),
        make("ncl", Content_Length="-999"),
        make("scalar02", CSeq="36893488147419103232 INVITE", Max_Forwards="300"),
        ("scalarlg", f"SIP/2.0 503 x\r\nVia: SIP/2.0/UDP {me}\r\nCSeq: {9 * 10**20} INVITE\r\n\r\n".encode()),
        make("quotbal", To=f'"Mr. J. User <sip:12345@{HOST}>'),
        make("ltgtruri", uri=f"<{uri}>"),
        make("lwsruri", uri=f"{uri}; lr; name = x"),
        make("lwsstart", uri=f" {uri} "),
        make("trws", method="OPTIONS", version="SIP/2.0  "),
        make("escruri", uri=f"{uri}?Route=%3Csip:example.com%3E"),
        make("baddate", more=[f"Date: {date}"]),
        make("regbadct", method="REGISTER", Contact=f"sip:user@{HOST}?Route=%3Csip:x%3E"),
        make("badaspec", method="OPTIONS", To=f'"Watson, Thomas" < sip:12345@{HOST} >'),
        make("baddn", method="OPTIONS", From="Bell, Alexander <sip:a@example.com>;tag=f"),
        make("badvers", method="OPTIONS", version="SIP/7.0"),
        make("mismatch01", method="OPTIONS", CSeq="8 INVITE"),
        make("mismatch02", method="NEWMETHOD", CSeq="8 INVITE"),
        ("bigcode", f"SIP/2.0 4294967301 better not\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bKb\r\n\r\n".encode()),
        # 3.2 transaction layer
        make("badbranch", method="OPTIONS", Via=f"SIP/2.0/UDP {me};branch=z9hG4bK"),
        # 3.3 application layer
        make("insuf", drop=("Call-ID", "From", "To")),
        make("unkscm", method="OPTIONS", uri="nobodyKnowsThisScheme:totallyopaquecontent"),
        make("novelsc", method="OPTIONS", uri="soap.beep://192.0.2.103:3002"),
        make("unksm2", method="REGISTER", To="isbn:2983792873", From="<http://www.example.com>;tag=f"),
        make("bext01", method="OPTIONS", more=["Require: nothingSupportsThis, nothingSupportsThisEither"]),
        make("invut", body="<audio><pcmu port='1'/></audio>", Content_Type="application/unknownformat"),
        make("regaut01", method="REGISTER", more=["Authorization: NoOneKnowsThisScheme opaque-data=here"]),
        make("multi01", more=["CSeq: 8 OPTIONS", "Call-ID: other", "To: <sip:y@z>", "From: <sip:q@w>"]),
        make("mcl01", method="OPTIONS", Content_Length="13", more=["Content-Length: 5"]),
        ("bcast", f"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.198\r\nVia: SIP/2.0/UDP {me}\r\n\r\n".encode()),
        make("zeromf", method="OPTIONS", Max_Forwards="0"),
        make("cparam01", method="REGISTER", Contact=f"sip:+19725552222@{HOST};unknownparam"),
        make("cparam02", method="REGISTER", Contact=f"<sip:+19725552222@{HOST};unknownparam>"),
        make("regescrt", method="REGISTER", Contact=f"<sip:user@{HOST}?Route=%3Csip:sip.example.com%3E>"),
        make("sdp01", more=["Accept: text/nobodyKnowsThis"]),
        # 3.4 backward compatibility
        make("inv2543", Via=f"SIP/2.0/UDP {me}", From="<sip:13400000000@example.com>"),
    ]  # fmt: skip
