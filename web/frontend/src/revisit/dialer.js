// A call we make: my own phone rings first, then the citizen's.

import { call } from "../shared/http.js";
import { h } from "../shared/dom.js";
import { kbd } from "../shared/keys.js";

// dialer(() => body of POST /api/v1/calls) → a button that dials and says what came of it; `key` is shown on it.
export function dialer(whom, key = "") {
  const says = h("span", { class: "small", role: "status" });
  const button = h("button", { type: "button", class: "button", data: { dial: "1" }, onclick: dial }, "拨打", key ? kbd(key) : null);
  async function dial() {
    button.disabled = true;
    says.textContent = "正在呼叫您的话机…";
    try {
      await call("POST", "/api/v1/calls", whom());
      says.textContent = "您的话机振铃后请接听，随后呼叫市民。";
    } catch (error) {
      says.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  }
  return h("span", { class: "row" }, button, says);
}
