// A field that finds a department by name, short name, alias, or the pinyin initials that are its code.
//
// const pick = picker(input, list, departments, { onPick }); pick.code(); pick.set("csglj"); pick.clear()

import { composing, fill, h } from "./dom.js";

const SHOWN = 8;

// How well a department fits: the smaller the better, Infinity when not at all.
function fit(one, words) {
  const named = [one.name, one.short, ...one.aliases];
  if (one.code === words || named.includes(words)) return 0;
  if (one.code.startsWith(words)) return 1 + one.code.length / 100;
  if (named.some((name) => name.startsWith(words))) return 2;
  return named.some((name) => name.includes(words)) ? 3 : Infinity;
}

export function matches(departments, typed) {
  const words = typed.trim().toLowerCase();
  const rated = departments.map((one) => [words ? fit(one, words) : 4, one]).filter(([rate]) => rate < Infinity);
  return rated.sort((a, b) => a[0] - b[0]).slice(0, SHOWN).map(([, one]) => one);
}

export function picker(input, list, departments, { onPick = () => {} } = {}) {
  let chosen = "";
  let at = -1;
  let shown = [];
  const named = (code) => departments.find((one) => one.code === code);

  const shut = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const option = (one, index) =>
    h(
      "li",
      { id: `${list.id}-${index}`, role: "option", "aria-selected": String(index === at), onmousedown: (event) => (event.preventDefault(), take(one)) },
      h("span", {}, one.name),
      h("code", {}, one.code),
    );

  const paint = () => {
    fill(list, shown.map(option));
    list.hidden = shown.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (at >= 0) input.setAttribute("aria-activedescendant", `${list.id}-${at}`);
  };

  const set = (code) => {
    const one = named(code);
    chosen = one?.code ?? "";
    input.value = one?.name ?? "";
    shut();
  };

  const take = (one) => {
    set(one.code);
    onPick(one.code);
  };

  const open = () => {
    shown = matches(departments, named(chosen)?.name === input.value ? "" : input.value);
    at = input.value ? 0 : -1;
    paint();
  };

  input.addEventListener("input", (event) => {
    if (!event.isTrusted) return;
    chosen = "";
    open();
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => {
    if (!chosen && input.value && shown.length && fit(shown[0], input.value.trim().toLowerCase()) < 2) take(shown[0]);
    shut();
  });
  input.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) open();
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(shown.length, 1);
      paint();
    } else if (event.key === "Enter" && !event.ctrlKey && !list.hidden && shown[at]) take(shown[at]);
    else if (event.key === "Escape" && !list.hidden) (shut(), event.stopPropagation());
    else return;
    event.preventDefault();
  });
  return { code: () => chosen, set, clear: () => set(""), name: (code) => named(code)?.name ?? code };
}

// One to choose, as JSON from the server.
export const asDestinations = (lead, co = []) => [{ code: lead, role: "lead" }, ...co.filter((code) => code !== lead).map((code) => ({ code, role: "co" }))];
