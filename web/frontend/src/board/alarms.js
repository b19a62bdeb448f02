// Alarms lie in a strip, with sound where it is switched on, until somebody takes them by name.

import { call } from "../shared/http.js";
import { fill, h } from "../shared/dom.js";
import { momentWords } from "../shared/time.js";

const EVERY = 15_000;

function beep() {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const quiet = audio.createGain();
  quiet.gain.value = 0.15;
  tone.frequency.value = 660;
  tone.connect(quiet).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.25);
  tone.addEventListener("ended", () => audio.close());
}

const said = (row) => (row.title ? `${row.text}（${row.title}）` : row.text);

export function alarms(box, button) {
  let waiting = 0;
  let loud = false;
  const line = (row) =>
    h(
      "p",
      {},
      h("span", { class: "mark" }, "■ "),
      h("span", { class: "words", title: said(row) }, said(row)),
      h("span", { class: "when" }, momentWords(row.at)),
      box.dataset.takes ? h("button", { type: "button", class: "button", data: { alarm: row.id }, onclick: () => take(row.id) }, "我来处理") : null,
    );
  async function reread() {
    const told = await call("GET", "/board/alarms").catch(() => null);
    if (!told) return;
    const fresh = told.items.length > waiting;
    waiting = told.items.length;
    box.hidden = !waiting;
    fill(box, told.items.slice(0, 3).map(line), waiting > 3 ? h("p", {}, `还有 ${waiting - 3} 条告警没有人处理。`) : null);
    if (fresh && loud) beep();
  }
  async function take(id) {
    try {
      await call("POST", `/board/alarms/${id}/take`, {});
    } catch (error) {
      box.append(h("p", { role: "alert" }, error.message));
      return;
    }
    await reread();
  }
  button?.addEventListener("click", () => {
    loud = !loud;
    button.setAttribute("aria-pressed", String(loud));
    button.textContent = `告警声音：${loud ? "开" : "关"}`;
    if (loud) beep();
  });
  setInterval(() => loud && waiting && beep(), EVERY);
  return reread;
}
