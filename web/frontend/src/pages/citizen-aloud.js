// Elder mode: the page read aloud by the browser's own voice, where it has one.

import { one } from "../shared/dom.js";
import { english, t } from "../shared/tongue.js";

const button = one("#aloud");
const voice = window.speechSynthesis;

function toggle() {
  if (voice.speaking) return voice.cancel();
  const spoken = new SpeechSynthesisUtterance(one("main").innerText.replace(/\d{8,}/g, (digits) => [...digits].join(" ")));
  Object.assign(spoken, { lang: english ? "en-US" : "zh-CN", rate: 0.9 });
  spoken.onend = () => (button.textContent = t("读给我听"));
  button.textContent = t("停下");
  voice.speak(spoken);
}

if (button && voice) {
  button.hidden = false;
  button.addEventListener("click", toggle);
}
