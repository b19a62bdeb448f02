// Whom we still owe a call back: oldest first, done with a result.

import { call } from "../shared/http.js";
import { fill, h, one } from "../shared/dom.js";
import { callbackReason } from "../shared/case-words.js";
import { momentWords } from "../shared/time.js";
import { checks } from "../calls/checks.js";
import { dialer } from "./dialer.js";

const read = () => call("GET", "/api/v1/callbacks?state=open").catch(() => null);

function card(row, done) {
  const field = h("input", { id: `result-${row.id}`, name: "result", required: true, placeholder: "例如：已联系，登记诉求" });
  return h(
    "li",
    { class: "callback" },
    h("p", {}, h("b", {}, row.caller || "号码不明"), h("span", { class: "quiet" }, ` ${momentWords(row.created_at)} · ${callbackReason(row.reason)}`), row.case ? ` · ${row.case}` : null),
    row.words ? h("p", { class: "said" }, row.words) : null,
    h(
      "form",
      { class: "row", onsubmit: (event) => (event.preventDefault(), done(row.id, field.value.trim())) },
      h("label", { class: "unseen", for: field.id }, "结果"),
      field,
      h("button", { type: "submit", class: "button" }, "✓ 已回拨"),
    ),
    row.caller ? dialer(() => ({ callback: row.id })) : null,
  );
}

// openCallbacks(button, clear) hangs the list on the button; `clear()` empties the desk and gives the node to draw in.
export function openCallbacks(button, clear) {
  let node = null;
  const count = (told) => told && (one(".count", button).textContent = told.items.length ? `${told.items.length}${told.next ? "+" : ""}` : "");
  const paint = (told) => {
    if (!told || !node?.isConnected) return;
    const empty = h("p", { class: "quiet empty" }, "没有欠着的回拨。没接上的来电会出现在这里。");
    fill(node, h("h2", {}, "待回拨"), told.items.length ? h("ul", { class: "plain" }, told.items.map((row) => card(row, done))) : empty);
  };
  const reread = async ({ draw = false } = {}) => {
    const told = await read();
    count(told);
    if (draw) {
      paint(told);
      await bad();
    }
  };
  // Bad ratings of calls stand below: they are spoken to by the same people.
  async function bad(said = "", wrong = false) {
    const section = h("section", { class: "bad-ratings" }, h("h2", {}, "来电差评核查"), said ? h("p", { class: wrong ? "notice bad" : "notice", role: "status" }, said) : null);
    section.append(await checks({ acting: true, hear: false, done: bad }).catch((error) => h("p", { class: "notice bad" }, error.message)));
    one(".bad-ratings", node)?.remove();
    node.append(section);
  }
  async function done(id, result) {
    try {
      await call("POST", `/api/v1/callbacks/${id}/done`, { result });
      await reread({ draw: true });
    } catch (error) {
      node.prepend(h("div", { class: "notice bad", role: "alert" }, error.message));
    }
  }
  button.addEventListener("click", async () => {
    node = h("div", { class: "callbacks" });
    fill(clear(), node);
    await reread({ draw: true });
  });
  reread();
  return { reread };
}
