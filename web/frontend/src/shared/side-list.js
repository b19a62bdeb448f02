// A list with tabs and the case beside it: what is due first stands first; j/k move, Enter opens, the address remembers.

import { call } from "./http.js";
import { all, fill, h, one } from "./dom.js";
import { failed, skeleton } from "./case-view.js";

// sideList({ path, row, open, empty, painted, before }) → { state, reread, move, enter, current, tab, show, begin, leave }.
// `row(item)` gives the children of a line, `before(item)` what stands left of it, `open(number)` shows it, `empty[tab]`
// is said where nothing waits.
export function sideList({ path, row, open, empty, painted = () => {}, before = () => null }) {
  const rows = one("#rows");
  const more = one("#more");
  const asked = new URLSearchParams(location.search);
  const tab = () => asked.get("tab") || one("[data-tab]").dataset.tab;
  const state = { items: [], told: null };
  let next = null;
  let at = -1;

  const remember = (name, value) => {
    if (value) asked.set(name, value);
    else asked.delete(name);
    history.replaceState(null, "", `?${asked}`);
  };
  const mark = () => all("li[data-number]", rows).forEach((node, index) => node.classList.toggle("at", index === at));
  const show = (number) => {
    at = state.items.findIndex((item) => item.number === number);
    remember("open", number);
    for (const node of all("li[data-number]", rows)) node.classList.toggle("on", node.dataset.number === number);
    mark();
    return open(number);
  };
  const line = (item) =>
    h(
      "li",
      { data: { number: item.number }, class: item.number === asked.get("open") ? "on" : null },
      before(item),
      h("button", { type: "button", onclick: () => show(item.number) }, row(item)),
    );
  const paint = () => {
    fill(rows, state.items.length ? state.items.map(line) : h("li", { class: "quiet empty" }, empty[tab()]));
    if (more) more.hidden = !next;
    for (const link of all("[data-tab]")) {
      const count = state.told.counts[link.dataset.tab];
      one(".count", link).textContent = count === undefined ? "" : count > 999 ? "999+" : String(count);
      if (link.dataset.tab === tab()) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    mark();
    painted(state);
  };
  const page = (cursor) => call("GET", `${path}?${new URLSearchParams({ tab: tab(), ...(cursor ? { cursor } : {}) })}`);
  const reread = async ({ quiet = true } = {}) => {
    if (!quiet) fill(rows, h("li", {}, skeleton()));
    try {
      state.told = await page();
      state.items = state.told.items;
      next = state.told.next;
      paint();
    } catch (error) {
      if (!quiet) fill(rows, h("li", {}, failed(error, () => reread({ quiet: false }))));
    }
  };
  more?.addEventListener("click", async () => {
    const told = await page(next);
    state.items = [...state.items, ...told.items];
    next = told.next;
    paint();
  });
  const move = (by) => {
    if (!state.items.length) return false;
    at = Math.min(Math.max(at + by, 0), state.items.length - 1);
    mark();
    rows.querySelector("li.at")?.scrollIntoView({ block: "nearest" });
    return true;
  };
  const current = () => state.items[at] ?? null;
  const enter = () => (state.items[at] ? (show(state.items[at].number), true) : false);
  const begin = async () => {
    await reread({ quiet: false });
    if (asked.get("open")) show(asked.get("open"));
  };
  return { state, reread, move, enter, current, tab, show, begin, leave: () => remember("open", "") };
}

// Says for eight seconds what was done.
export function tellDone(words) {
  one("#done")?.remove();
  const bar = h("p", { id: "done", class: "toast", role: "status" }, words);
  document.body.append(bar);
  setTimeout(() => bar.remove(), 8000);
}
