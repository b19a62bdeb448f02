// Calls we make from the desk: a number, or somebody whose call was missed or given up.

import { call } from "../shared/http.js";
import { fill, h, one } from "../shared/dom.js";
import { callbackReason } from "../shared/case-words.js";
import { momentWords } from "../shared/time.js";
import { dialer } from "../revisit/dialer.js";

const SHOWN = 20;

const owed = (row) =>
  h(
    "li",
    {},
    h("span", {}, h("b", {}, row.caller || "号码不明"), h("small", { class: "quiet" }, ` ${momentWords(row.created_at)} · ${callbackReason(row.reason)}${row.case ? ` · ${row.case}` : ""}`)),
    row.caller ? dialer(() => ({ callback: row.id })) : null,
  );

// outward() → { reread }.
export function outward() {
  const box = one("#outward");
  const number = h("input", { id: "outward-number", name: "number", inputmode: "tel", maxLength: 30, placeholder: "号码" });
  const list = h("ul", { class: "plain" });
  fill(one(".drop", box), h("p", { class: "row number" }, h("label", { class: "unseen", for: number.id }, "外呼号码"), number, dialer(() => ({ number: number.value }))), h("h3", {}, "待回拨"), list);

  async function reread() {
    const told = await call("GET", "/api/v1/callbacks?state=open").catch(() => null);
    if (!told) return;
    one(".count", box).textContent = told.items.length ? `${told.items.length}${told.next ? "+" : ""}` : "";
    if (!box.open || list.contains(document.activeElement) || one("[role=status]:not(:empty)", list)) return; // what was just dialled stays, with what came of it
    fill(list, told.items.length ? told.items.slice(0, SHOWN).map(owed) : h("li", { class: "quiet" }, "没有欠着的回拨。"));
  }
  box.addEventListener("toggle", () => {
    if (!box.open) return;
    fill(list);
    reread();
  });
  reread();
  return { reread };
}
