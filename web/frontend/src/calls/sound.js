// A recording in the browser: A-law WAV as it is kept, turned into plain PCM (every browser plays it), with its waveform.

import { h } from "../shared/dom.js";

const RATE = 8000;
const HEAD = 44;
const BARS = 300;

// ITU-T G.711: the 16-bit sample of an A-law byte.
function linear(byte) {
  const plain = byte ^ 0x55;
  const segment = (plain >> 4) & 7;
  const step = plain & 0x0f;
  const level = segment === 0 ? (step << 4) + 8 : ((step << 4) + 0x108) << (segment - 1);
  return plain & 0x80 ? level : -level;
}
const TABLE = Int16Array.from({ length: 256 }, (_, byte) => linear(byte));

// The samples of an A-law WAV; throws where it is none.
export function samples(buffer) {
  const view = new DataView(buffer);
  const word = (at) => String.fromCharCode(...new Uint8Array(buffer, at, 4));
  if (buffer.byteLength < 12 || word(0) !== "RIFF" || word(8) !== "WAVE") throw new Error("录音文件不能识别。");
  let at = 12;
  while (at + 8 <= buffer.byteLength) {
    const size = view.getUint32(at + 4, true);
    if (word(at) === "data") return Int16Array.from(new Uint8Array(buffer, at + 8, Math.min(size, buffer.byteLength - at - 8)), (byte) => TABLE[byte]);
    at += 8 + size + (size % 2);
  }
  throw new Error("录音文件不完整。");
}

function pcm(sound) {
  const view = new DataView(new ArrayBuffer(HEAD + sound.length * 2));
  const text = (at, word) => [...word].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, HEAD - 8 + sound.length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, sound.length * 2, true);
  new Int16Array(view.buffer, HEAD).set(sound);
  return new Blob([view], { type: "audio/wav" });
}

// The loudest sample of each of `bars` pieces, 0 to 1.
export function peaks(sound, bars = BARS) {
  const piece = Math.max(1, Math.ceil(sound.length / bars));
  return Array.from({ length: Math.ceil(sound.length / piece) }, (_, bar) => {
    let top = 0;
    for (let at = bar * piece; at < Math.min((bar + 1) * piece, sound.length); at += 1) top = Math.max(top, Math.abs(sound[at]));
    return top / 32768;
  });
}

function draw(canvas, heights, played) {
  const pen = canvas.getContext("2d");
  const look = getComputedStyle(canvas);
  const wide = canvas.width / heights.length;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  heights.forEach((height, bar) => {
    pen.fillStyle = look.getPropertyValue(bar / heights.length < played ? "--brand" : "--edge");
    const tall = Math.max(2, height * canvas.height);
    pen.fillRect(bar * wide, (canvas.height - tall) / 2, Math.max(1, wide - 1), tall);
  });
}

// player(call) → a node; the recording is fetched (and the access logged) when somebody asks to hear it.
export function player(call) {
  const box = h("div", { class: "player" });
  const says = h("span", { class: "small", role: "status" });
  const begin = h("button", { type: "button", class: "button", onclick: load }, "听录音");
  box.append(begin, says);
  async function load() {
    begin.disabled = true;
    says.textContent = "正在打开录音…";
    try {
      const answer = await fetch(`/calls/${encodeURIComponent(call)}/recording`, { headers: { Accept: "audio/wav, application/json" } });
      if (!answer.ok) throw new Error((await answer.json()).error.message);
      show(samples(await answer.arrayBuffer()));
    } catch (error) {
      begin.disabled = false;
      says.textContent = error.message;
    }
  }
  function show(sound) {
    const heights = peaks(sound);
    const audio = h("audio", { controls: true, src: URL.createObjectURL(pcm(sound)) });
    const canvas = h("canvas", { width: 600, height: 64, role: "img", "aria-label": "录音波形，点一下跳到那里" });
    const at = () => draw(canvas, heights, audio.duration ? audio.currentTime / audio.duration : 0);
    audio.addEventListener("timeupdate", at);
    canvas.addEventListener("click", (event) => {
      audio.currentTime = ((event.offsetX / canvas.clientWidth) * sound.length) / RATE;
      at();
    });
    box.replaceChildren(canvas, audio, h("span", { class: "small quiet" }, `${Math.round(sound.length / RATE)} 秒 · 听取已记入日志`));
    at();
    audio.play().catch(() => at());
  }
  return box;
}
