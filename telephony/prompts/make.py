"""Makes the prompts of this folder: `python -m telephony.prompts.make` (needs the packages espeak-ng and sox).

The files are kept with the sources, so that a hotline speaks without either package; a city records its own voice
and replaces them. All are 8 kHz, mono, A-law.
"""

import math
import subprocess
import sys
from pathlib import Path

from telephony import wav

HERE = Path(__file__).resolve().parent

TEXTS = {
    "notice": "您好,一二三四五热线。本次通话将被录音。",
    "rating": "请评价本次服务。非常满意按五,满意按四,基本满意按三,不满意按二,非常不满意按一。",
    "thanks": "感谢您的评价,再见。",
    "busy": "话务员正忙,请您稍候,我们会按先后顺序为您接听。",
    "closing": "现在没有话务员在线,我们会尽快给您回电,再见。",
    **{f"digit{number}": word for number, word in enumerate("零一二三四五六七八九")},
}
MUSIC_NOTES = (392.0, 493.9, 587.3, 493.9, 440.0, 523.3, 659.3, 523.3, 392.0, 493.9, 587.3, 784.0)
NOTE_SECONDS = 1.25
LOUDNESS = 3000


def speak(name: str, text: str) -> None:
    """Writes one spoken prompt. CalledProcessError when espeak-ng or sox fails."""
    spoken = subprocess.run(
        ["espeak-ng", "-v", "cmn", "-s", "200", "--stdout", text], capture_output=True, check=True
    ).stdout
    shape = ["-r", "8000", "-c", "1", "-e", "a-law", "-b", "8", str(HERE / f"{name}.wav")]
    effects = ["gain", "-4", "lowpass", "3400", "norm", "-6", "pad", "0.1", "0.2"]
    subprocess.run(["sox", "-t", "wav", "-", *shape, *effects], input=spoken, check=True)


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
    wav.write(HERE / "music.wav", [sample for pitch in MUSIC_NOTES for sample in note(pitch)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
