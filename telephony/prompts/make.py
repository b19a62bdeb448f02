"""Makes the prompts of this folder: `python -m telephony.prompts.make` (needs the packages espeak-ng and sox).

The files are kept with the sources, so that a hotline speaks without either package. All are 8 kHz, mono, A-law. A
city records its own voice: a WAV of the same name in `prompts/` of the data folder is played instead (A-law or 16-bit
PCM, mono). Numbers are read digit by digit, from `digit0` to `digit9`.
"""

import math
import subprocess
import sys
from pathlib import Path

from telephony import wav

HERE = Path(__file__).resolve().parent

TEXTS = {
    "notice": "您好，一二三四五热线。本次通话将被录音。",
    "rating": "请评价本次服务。非常满意按五，满意按四，基本满意按三，不满意按二，非常不满意按一。",
    "thanks": "感谢您的评价，再见。",
    "busy": "话务员正忙，请您稍候，我们会按先后顺序为您接听。",
    "closing": "现在没有话务员在线，我们会尽快给您回电，再见。",
    "position": "您现在排在第",
    "place": "位。",
    "wait": "预计还要等候",
    "minutes": "分钟。",
    "choices": "如需我们给您回电，请按一，您的位置保留。如需留言，请按二。继续等候请不要挂机。",
    "callback": "已经为您登记，我们会按您的位置给您回电，再见。",
    "message": "请在提示音以后留言，讲完请按井号键或者直接挂机。",
    "invitation": "您好，这里是一二三四五热线，您反映的事项已经办结。",
    **{f"digit{number}": word for number, word in enumerate("零一二三四五六七八九")},
}
VOICE = ("-v", "cmn-latn-pinyin", "-s", "190")  # about four syllables a second, as an announcer speaks
WITH_TONE = frozenset({"message"})  # a tone at the end says that it is his turn
TONE_HZ, TONE_SECONDS, TONE_LOUDNESS = 1000, 0.35, 8000
MUSIC_NOTES = (392.0, 493.9, 587.3, 493.9, 440.0, 523.3, 659.3, 523.3, 392.0, 493.9, 587.3, 784.0)
NOTE_SECONDS = 1.25
LOUDNESS = 3000


class GarbledError(Exception):
    """The voice would spell a text instead of speaking it."""


def espeak(*options: str) -> bytes:
    """Runs the voice. CalledProcessError when it fails."""
    return subprocess.run(["espeak-ng", *VOICE, *options], capture_output=True, check=True).stdout


def check(text: str) -> None:
    """GarbledError where the voice leaves Mandarin: `cmn` itself reads the tones of its own syllables as English
    numbers, so only `cmn-latn-pinyin` will do."""
    said = espeak("-x", "-q", text)
    if b"(en)" in said:
        raise GarbledError(f"{text}: {said.decode()}")


def speak(name: str, text: str) -> None:
    """Writes one spoken prompt. CalledProcessError when espeak-ng or sox fails, GarbledError."""
    check(text)
    spoken = espeak("--stdout", text)
    shape = ["-r", "8000", "-c", "1", "-e", "a-law", "-b", "8", str(HERE / f"{name}.wav")]
    effects = ["gain", "-4", "lowpass", "3400", "norm", "-6", "pad", "0.1", "0.2"]
    subprocess.run(["sox", "-t", "wav", "-", *shape, *effects], input=spoken, check=True)


def add_tone(name: str) -> None:
    """Puts the tone at the end of a prompt."""
    file = HERE / f"{name}.wav"
    start, size = wav.chunk(file.read_bytes(), b"data")
    said = [wav.decode(byte) for byte in file.read_bytes()[start : start + size]]
    turn = 2 * math.pi * TONE_HZ / wav.RATE
    wav.write(file, said + [int(TONE_LOUDNESS * math.sin(turn * i)) for i in range(int(TONE_SECONDS * wav.RATE))])


def note(pitch: float) -> list[int]:
    """One soft note with a fifth below it, swelling and fading, so that the loop has no click."""
    count = int(NOTE_SECONDS * wav.RATE)
    turn = 2 * math.pi / wav.RATE
    return [
        int(
            LOUDNESS
            * math.sin(math.pi * i / count) ** 2
            * (math.sin(turn * pitch * i) + math.sin(turn * pitch / 1.5 * i))
        )
        for i in range(count)
    ]


def main() -> int:
    for name, text in TEXTS.items():
        speak(name, text)
        if name in WITH_TONE:
            add_tone(name)
    wav.write(HERE / "music.wav", [sample for pitch in MUSIC_NOTES for sample in note(pitch)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
