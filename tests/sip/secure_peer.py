"""A second pjsua2 process as a phone with TLS and SRTP: `python -m tests.sip.secure_peer OPTIONS`.

It reads commands as lines (`dial ADDRESS`, `accept`, `hangup`, `quit`) and writes what happens as JSON lines
(`{"state": …}`, `{"srtp": …}`). It speaks the sound file it is given and writes what it hears.
"""

import argparse
import json
import os
import select
import sys

import pjsua2 as pj

USE = {"off": pj.PJMEDIA_SRTP_DISABLED, "optional": pj.PJMEDIA_SRTP_OPTIONAL, "required": pj.PJMEDIA_SRTP_MANDATORY}


def say(**words):
    print(json.dumps(words), flush=True)


class Call(pj.Call):
    def __init__(self, phone, number=pj.PJSUA_INVALID_ID):
        pj.Call.__init__(self, phone.account, number)
        self.phone = phone

    def onCallState(self, _prm):  # noqa: N802
        info = self.getInfo()
        say(state=info.stateText, code=info.lastStatusCode)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.phone.call = None

    def onCallMediaState(self, _prm):  # noqa: N802
        info = self.getInfo()
        if info.media[0].status == pj.PJSUA_CALL_MEDIA_ACTIVE:
            port = self.getAudioMedia(0)
            self.phone.mouth.startTransmit(port)
            port.startTransmit(self.phone.ear)
            said = self.dump(True, "")  # noqa: FBT003 - C++ knows no names
            active = [line.split("SRTP status:")[1].split()[0] for line in said.splitlines() if "SRTP status:" in line]
            say(srtp=active[0] if active else "Not active")


class Account(pj.Account):
    def onIncomingCall(self, prm):  # noqa: N802
        self.phone.call = Call(self.phone, prm.callId)
        say(incoming=self.phone.call.getInfo().remoteUri)


class Phone:
    def __init__(self, given):
        self.call = None
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
        config.medConfig.clockRate = config.medConfig.sndClockRate = 8000
        config.medConfig.noVad, config.medConfig.ecTailLen = True, 0
        config.logConfig.level = config.logConfig.consoleLevel = 0
        self.endpoint.libInit(config)
        for codec in self.endpoint.codecEnum2():
            self.endpoint.codecSetPriority(codec.codecId, 255 if codec.codecId == "PCMA/8000/1" else 0)
        self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, transport(given))
        self.endpoint.libStart()
        self.endpoint.audDevManager().setNullDev()
        self.account = Account()
        self.account.phone = self
        self.account.create(account(given))
        self.mouth, self.ear = pj.AudioMediaPlayer(), pj.AudioMediaRecorder()
        self.mouth.createPlayer(given.tone)
        self.ear.createRecorder(given.heard)

    def do(self, word, *rest):
        if word == "dial":
            self.call = Call(self)
            self.call.makeCall(rest[0], operation())
        elif word == "accept":
            self.call.answer(operation(200))
        elif word == "hangup" and self.call:
            self.call.hangup(operation())
        return word != "quit"

    def run(self):
        say(ready=True)
        on = True
        while on:
            self.endpoint.libHandleEvents(20)
            if select.select([sys.stdin], [], [], 0)[0]:
                on = self.do(*(sys.stdin.readline().split() or ["quit"]))
        os._exit(0)  # a phone that is unplugged


def operation(code=0):
    made = pj.CallOpParam(True)  # noqa: FBT003
    made.opt.audioCount, made.opt.videoCount, made.opt.textCount = 1, 0, 0
    made.statusCode = code
    return made


def transport(given):
    made = pj.TransportConfig()
    made.port, made.boundAddress = given.port, "127.0.0.1"
    made.tlsConfig.certFile, made.tlsConfig.privKeyFile = given.certificate, given.key
    made.tlsConfig.CaListFile, made.tlsConfig.verifyServer = given.authorities, bool(given.authorities)
    return made


def account(given):
    made = pj.AccountConfig()
    made.idUri = f"sip:{given.name}@127.0.0.1:{given.port};transport=tls"
    made.mediaConfig.srtpUse = USE[given.srtp]
    made.mediaConfig.lockCodecEnabled = False
    rtp = made.mediaConfig.transportConfig
    rtp.port, rtp.portRange, rtp.boundAddress = given.rtp_port, 40, "127.0.0.1"
    return made


def main():
    given = argparse.ArgumentParser()
    for name in ("name", "tone", "heard", "srtp"):
        given.add_argument(f"--{name}", required=True)
    for name in ("port", "rtp-port"):
        given.add_argument(f"--{name}", type=int, required=True)
    for name in ("certificate", "key", "authorities"):
        given.add_argument(f"--{name}", default="")
    Phone(given.parse_args()).run()


if __name__ == "__main__":
    main()
