// Several equal cases at once: x marks the row, e all that are alike, and the bar below says what will happen to whom.
//
// batch({ departments, done }) → { toggle, equal, marked, keep, clear, open }; done(words) is told what became of them.

import { all, fill, h, one } from "../shared/dom.js";
import { actTogether } from "../shared/case-view.js";
import { asDestinations, picker } from "../shared/department-picker.js";

const alike = (item) => `${item.category}|${item.suggestion.department}|${item.place.area}`;

export function batch({ departments, done, painted }) {
  const bar = one("#batch");
  const input = h("input", { id: "batch-department", role: "combobox", "aria-expanded": "false", "aria-controls": "batch-list", "aria-label": "转给哪个部门", autocomplete: "off", placeholder: "转给哪个部门" });
  const list = h("ul", { id: "batch-list", role: "listbox", hidden: true });
  const chosen = new Map(); // number → item
  const says = h("b", {});
  let automatic = ""; // the department that was set because every marked case suggests it
  const differ = h("span", { class: "warn small", role: "status" });
  const wrong = h("span", { class: "bad small", role: "alert" });
  const send = h("button", { type: "button", class: "button main", onclick: () => forward() });
  const joined = h("button", { type: "button", class: "button", onclick: () => merge() });
  const pick = picker(input, list, departments, { onPick: () => ((automatic = ""), label()) });
  fill(bar, says, h("div", { class: "pick" }, input, list), differ, send, joined, h("button", { type: "button", class: "button", onclick: () => clear() }, "取消"), wrong);

  const values = (of) => [...new Set([...chosen.values()].map(of))];
  const suggested = () => values((item) => item.suggestion.department);

  // One suggestion of all is set; it goes again when another comes in. What somebody picked himself stays.
  const choose = () => {
    if (pick.code() && pick.code() !== automatic) return;
    const named = suggested();
    automatic = named.length === 1 ? named[0] : "";
    if (pick.code() !== automatic) pick.set(automatic);
  };
  const label = () => {
    const code = pick.code();
    differ.textContent = !code && suggested().length > 1 ? "建议部门不同，请自己选" : "";
    says.textContent = `已选 ${chosen.size} 件`;
    fill(send, code ? `转给 ${pick.name(code)}` : "转办");
    fill(joined, `并成一件（${[...chosen.keys()][0] ?? ""}）`);
    joined.hidden = chosen.size < 2 || values(alike).length > 1;
  };
  const paint = () => {
    bar.hidden = chosen.size === 0;
    wrong.textContent = "";
    choose();
    label();
    painted();
  };
  const toggle = (item) => {
    if (!item) return false;
    chosen.delete(item.number) || chosen.set(item.number, item);
    paint();
    return true;
  };
  const equal = (item, items) => {
    if (!item) return false;
    for (const other of items) if (alike(other) === alike(item)) chosen.set(other.number, other);
    paint();
    return true;
  };
  function clear() {
    if (!chosen.size) return false;
    chosen.clear();
    pick.clear();
    paint();
    return true;
  }

  // Each is a step of its own: one that is refused stays marked, with the reason.
  async function each(items, action, given, word) {
    for (const button of all("button", bar)) button.disabled = true;
    const told = await actTogether(items, action, given).catch((error) => ({ error }));
    for (const button of all("button", bar)) button.disabled = false;
    if (told.error) return void (wrong.textContent = `■ ${told.error.message}`);
    const faults = told.filter((one) => one.error).map((one) => `${one.number} ${one.error.message}`);
    for (const one of told) if (!one.error) chosen.delete(one.number);
    await done(`${word} ${items.length - faults.length} 件${faults.length ? `，${faults.length} 件没有成功，还选着` : ""}`);
    if (!faults.length) clear();
    else (paint(), (wrong.textContent = `■ ${faults.join("；")}`));
  }
  function forward() {
    const code = pick.code();
    if (!code) return (wrong.textContent = "先选部门。"), input.focus();
    return each([...chosen.values()], "forward", { departments: asDestinations(code) }, `已转 ${pick.name(code)}`);
  }
  function merge() {
    const [into, ...others] = chosen.values();
    return each(others, "merge", { into: into.number }, `已并入 ${into.number}`);
  }
  const keep = (items) => {
    for (const number of [...chosen.keys()]) {
      const now = items.find((item) => item.number === number);
      now ? chosen.set(number, now) : chosen.delete(number);
    }
    if (!chosen.size) bar.hidden = true;
    label();
  };
  return { toggle, equal, clear, keep, has: (number) => chosen.has(number), focus: () => (bar.hidden ? false : (send.focus(), true)) };
}
