// A morning signed at once: x marks a case that waits for signing, e all of them, and the bar below signs what is marked.
//
// signing({ items, done }) → { box, toggle, every, keep, clear, send }; `items()` are those of the list that may be
// signed, done(words) is told what became of them.

import { all, fill, h, one } from "../shared/dom.js";
import { actTogether } from "../shared/case-view.js";
import { kbd } from "../shared/keys.js";

export function signing({ items, done }) {
  const bar = one("#batch");
  const says = h("b", { role: "status" });
  const wrong = h("span", { class: "bad small", role: "alert" });
  const button = (label, key, act, main = "") => h("button", { type: "button", class: `button ${main}`, onclick: act }, label, kbd(key));
  const sign = button("一起签收", "b", () => send(), "main");
  const chosen = new Set();
  fill(bar, says, sign, button("全选", "e", () => every()), button("不选了", "Esc", () => clear()), wrong);

  const paint = () => {
    bar.hidden = chosen.size === 0;
    says.textContent = `已选 ${chosen.size} 件`;
    for (const row of all("#rows li[data-number]")) {
      const tick = one("input", row);
      if (tick) tick.checked = chosen.has(row.dataset.number);
    }
    return true;
  };
  const toggle = (item) => {
    if (!item || !items().includes(item)) return false;
    chosen.delete(item.number) || chosen.add(item.number);
    return paint();
  };
  function every() {
    for (const item of items()) chosen.add(item.number);
    return items().length > 0 && paint();
  }
  function clear() {
    const marked = chosen.size > 0;
    chosen.clear();
    wrong.textContent = "";
    return paint() && marked;
  }
  // What is no longer there to be signed is no longer marked.
  const keep = () => {
    for (const number of [...chosen]) if (!items().some((item) => item.number === number)) chosen.delete(number);
    paint();
  };
  const box = (item) => h("input", { type: "checkbox", "aria-label": `选中 ${item.number}`, checked: chosen.has(item.number), onchange: () => toggle(item) });

  function send() {
    if (!chosen.size || sign.disabled) return false;
    signAll();
    return true;
  }
  async function signAll() {
    wrong.textContent = "";
    sign.disabled = true;
    const marked = items().filter((item) => chosen.has(item.number));
    const told = await actTogether(marked, "sign").catch((error) => ({ error }));
    if (told.error) return (sign.disabled = false), void (wrong.textContent = `■ ${told.error.message}`);
    const faults = told.filter((one) => one.error);
    for (const one of told) if (!one.error) chosen.delete(one.number);
    await done(`签收 ${told.length - faults.length} 件${faults.length ? `，${faults.length} 件没有签成，还选着` : ""}`);
    sign.disabled = false;
    wrong.textContent = faults.length ? `■ ${faults.map((one) => `${one.number} ${one.error.message}`).join("；")}` : "";
  }
  return { box, toggle, every, keep, clear, send };
}
