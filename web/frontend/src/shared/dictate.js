// Dictation into a long field by the browser's own ear; where it has none there is no button.

import { h } from "./dom.js";

const Ear = window.SpeechRecognition ?? window.webkitSpeechRecognition;

// dictate(textarea): a button after it; what is heard is put where the cursor is and stays editable.
export function dictate(field, { lang = "zh-CN", words = { start: "口述", stop: "■ 停止口述" } } = {}) {
  if (!Ear || field.dataset.dictates) return;
  field.dataset.dictates = "yes";
  const said = h("span", { class: "small quiet", role: "status" });
  let ear = null;
  const button = h("button", { type: "button", class: "button", "aria-pressed": "false", onclick: toggle }, words.start);
  const put = (text) => {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const over = () => {
    ear = null;
    button.textContent = words.start;
    button.setAttribute("aria-pressed", "false");
  };
  function toggle() {
    if (ear) return ear.stop();
    ear = Object.assign(new Ear(), { lang, continuous: true, interimResults: true });
    ear.onresult = (event) => {
      const fresh = [...event.results].slice(event.resultIndex);
      said.textContent = fresh.filter((one) => !one.isFinal).map((one) => one[0].transcript).join("");
      put(fresh.filter((one) => one.isFinal).map((one) => one[0].transcript).join(""));
    };
    ear.onerror = ({ error }) => (said.textContent = error === "not-allowed" ? "浏览器没有允许使用麦克风。" : "没有听清，请再试。");
    ear.onend = over;
    ear.start();
    button.textContent = words.stop;
    button.setAttribute("aria-pressed", "true");
  }
  const beneath = field.nextElementSibling?.matches(".checks-live") ? field.nextElementSibling : field; // a verdict stays with its text
  beneath.after(h("p", { class: "row dictate" }, button, said));
}
