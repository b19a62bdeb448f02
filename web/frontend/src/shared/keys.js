// Keys of a page, each with one meaning. `?` outside fields lists them.
//
// keys([{ key: "Ctrl+Enter", says: "转办", does: f }, { key: "j", says: "下一件", does: g }])
// A key is written as modifiers and the key ("Alt+1", "Alt+Z", "F4", "Esc", "j"). Single letters and Enter work
// outside fields only. Nothing happens while an input method is composing. `does` may return false: not handled.
// A key that is held down acts once; only those that move on repeat.

import { composing, h, one } from "./dom.js";
import "./menus.js";

const FIELDS = "input:not(#rows input), textarea, select, [contenteditable]"; // a box that marks a row takes no letters
const BUTTONS = "button, a, summary, [role=button]";
const MOVES = new Set(["j", "k", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
const NAMES = { Esc: "Escape", Up: "ArrowUp", Down: "ArrowDown" };

// Alt with a letter types another character on some keyboards: the place of the key counts there.
function pressed(event) {
  const place = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code)?.[1];
  const name = event.altKey && place ? place : event.key;
  const before = `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}`;
  return before + (before && name.length === 1 ? name.toUpperCase() : name);
}

const written = (key) => key.split("+").map((part) => NAMES[part] ?? part).join("+");
const plain = (name) => name.length === 1 || name === "Enter";

function suits(name, target) {
  if (!plain(name)) return true;
  if (target.closest?.(FIELDS)) return false;
  return name !== "Enter" || !target.closest?.(BUTTONS);
}

function sheet(table) {
  const rows = table.map((row) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, row.shown ?? row.key)), h("td", {}, row.says)));
  const shut = h("button", { type: "button", class: "button", onclick: () => box.close() }, "关闭");
  const box = h("dialog", { class: "keys", "aria-label": "快捷键" }, h("h2", {}, "这一页的快捷键"), h("table", {}, h("tbody", {}, rows)), shut);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

export function keys(table) {
  const does = new Map(table.map((row) => [written(row.key), row.does]));
  const listed = [...table.filter((row) => row.says), { key: "?", says: "列出这一页的快捷键" }];
  does.set("?", () => sheet(listed));
  document.addEventListener("keydown", (event) => {
    if (composing(event) || document.querySelector("dialog[open]")) return;
    const name = pressed(event);
    const act = does.get(name);
    if (!act || !suits(name, event.target)) return;
    const held = event.repeat && !MOVES.has(name);
    if (!held && act(event) === false) return;
    event.preventDefault();
  });
  const button = one("#show-keys");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => sheet(listed));
  }
}

// Marks for a button: h("button", {}, "转办", kbd("Ctrl+Enter")).
export const kbd = (key) => h("kbd", { "aria-hidden": "true" }, key);
