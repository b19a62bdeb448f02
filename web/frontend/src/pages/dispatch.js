// Dispatch and review: one list per tab, what is due first stands first; beside it the case and the decision.

import { call } from "../shared/http.js";
import { all, fill, h, one } from "../shared/dom.js";
import { keys } from "../shared/keys.js";
import { live } from "../shared/socket.js";
import { act, clearTold, clockLine, conflict, failed, leading, showCase, skeleton } from "../shared/case-view.js";
import { batch } from "../dispatch/batch.js";
import { decisions } from "../dispatch/decisions.js";
import { shareWords } from "../shared/case-words.js";
import { bell } from "../shared/notices.js";
import { leftWords, momentWords } from "../shared/time.js";

const rows = one("#rows");
const decide = one("#decide");
const shown = one("#case");
const filters = one("#filters");
const asked = new URLSearchParams(location.search);
const tab = () => asked.get("tab") || one("[data-tab]").dataset.tab;
const departments = (await call("GET", "/dispatch/departments").catch(() => ({ items: [] }))).items;
const EVERY = 60_000;
const ONE_PAGE = 40;
const UNREAD = 600; // milliseconds in which nobody has read the case that opened by itself
let items = [];
let next = null;
let opened = null; // { told, form }
let at = -1;
let busy = false;
let openedAlone = 0; // when the next case opened by itself
const several = batch({ departments, done: (words) => afterSeveral(words), painted: () => mark() });

// --- the list ---

const query = (cursor) => {
  const wanted = new URLSearchParams([...asked].filter(([name, value]) => value && name !== "open"));
  wanted.set("tab", tab());
  if (cursor) wanted.set("cursor", cursor);
  return wanted;
};

// The clock this list is about stands first; a case may be late elsewhere too.
const MINE = { returns: "arbitration", review: "review", requests: "extension" };

function line(item) {
  const clock = item.clocks.find((row) => !row.stopped_at && row.clock === MINE[tab()]) ?? leading(item);
  const to = tab() === "new" ? item.suggestion.department_name : "";
  return h(
    "li",
    { data: { number: item.number }, class: opened?.told.number === item.number ? "on" : null },
    tab() === "new" ? h("input", { type: "checkbox", "aria-label": `选中 ${item.number}`, checked: several.has(item.number), onchange: () => several.toggle(item) }) : null,
    h(
      "button",
      { type: "button", onclick: () => open(item.number) },
      h("span", { class: "first" }, h("b", {}, item.title), item.urgency === "一般" ? null : h("span", { class: "tag bad" }, `■ ${item.urgency}`)),
      h("span", { class: "small quiet" }, `${item.number} · ${item.place.area || "区域未定"} · ${item.state_label}${to ? ` · 建议 ${to} ${shareWords(item.suggestion.confidence)}` : ""}`),
      clock ? h("span", { class: "small" }, clockLine(clock, { still: true })) : null,
    ),
  );
}

function paint(told) {
  const empty = asked.get("q") || asked.get("area") || asked.get("urgency") ? "没有符合筛选的诉求。可清空上面的筛选。" : told.empty;
  fill(rows, items.length ? items.map(line) : h("li", { class: "quiet empty" }, empty));
  one("#more").hidden = !next;
  several.keep(items);
  ribbon(told.to_fallback ?? []);
  for (const link of all("[data-tab]")) {
    const count = told.counts[link.dataset.tab];
    one(".count", link).textContent = count === undefined ? "" : String(count);
    if (link.dataset.tab === tab()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  mark();
}

// What the system itself will send within the hour, if nobody is quicker.
function ribbon(rows) {
  const box = one("#ribbon");
  box.hidden = !rows.length;
  fill(box, h("b", {}, `◆ 一小时内系统将自动转兜底单位 ${rows.length} 件`), h("ul", { class: "plain small" }, rows.slice(0, 3).map((row) => h("li", {}, h("button", { type: "button", class: "link", onclick: () => open(row.number) }, row.title), ` ${momentWords(row.at)} · ${leftWords(row.at)} → ${row.department_name}`))));
}

async function afterSeveral(words) {
  await reread({ quiet: true });
  tellDone(`✓ ${words}`);
}

async function reread({ quiet = false } = {}) {
  if (!quiet) fill(rows, h("li", {}, skeleton()));
  try {
    const told = await call("GET", `/dispatch/list?${query()}`);
    items = told.items;
    next = told.next;
    paint(told);
  } catch (error) {
    if (!quiet) fill(rows, h("li", {}, failed(error, () => reread())));
  }
}

async function readMore() {
  const told = await call("GET", `/dispatch/list?${query(next)}`);
  items = [...items, ...told.items];
  next = told.next;
  paint(told);
}

function mark() {
  all("li[data-number]", rows).forEach((row, index) => {
    row.classList.toggle("at", index === at);
    const box = one("input", row);
    if (box) box.checked = several.has(row.dataset.number);
  });
  rows.querySelector("li.at")?.scrollIntoView({ block: "nearest" });
}

function move(by) {
  if (!items.length) return false;
  at = Math.min(Math.max(at + by, 0), items.length - 1);
  mark();
  return true;
}

// --- the case beside it ---

async function open(number) {
  at = items.findIndex((item) => item.number === number);
  mark();
  remember("open", number);
  clearTold(shown);
  fill(decide, skeleton());
  const told = await showCase(shown, number);
  if (!told) return;
  const beside = await call("GET", `/dispatch/cases/${encodeURIComponent(number)}`).catch(() => ({ choices: [], requests: [], returned: [], review: null }));
  const mine = one(".said", shown);
  decide.onchosen = (choice) => highlight(mine, choice.words ?? []);
  opened = { told, form: decisions(decide, told, beside, departments, finish) };
  for (const row of all("li[data-number]", rows)) row.classList.toggle("on", row.dataset.number === number);
}

// The words that spoke for the chosen suggestion, marked in the citizen's text. Places count characters, not code units.
function highlight(node, words) {
  if (!node) return;
  const text = Array.from(node.textContent);
  const piece = (start, end) => text.slice(start, end).join("");
  const parts = [];
  let done = 0;
  for (const { start, end, weight } of words) {
    const share = `${Math.round(weight * 100)}%`;
    parts.push(piece(done, start), h("mark", { title: `支持这个建议的词，分量 ${share}`, class: weight < 0.4 ? "light" : null }, piece(start, end)));
    done = end;
  }
  node.replaceChildren(...parts, piece(done));
}

// Does the step, tells what happened, opens the next of the list.
async function finish(action, given, said) {
  if (busy || !opened) return;
  busy = true;
  const { number, version } = opened.told;
  try {
    await act(number, version, action, given);
    await goOn(number, said);
  } catch (error) {
    const mine = Object.values(given).filter((said) => typeof said === "string" && said).join("；");
    await conflict(shown, error, async () => {
      const told = await showCase(shown, number);
      if (told) Object.assign(opened.told, told);
    }, { number, mine });
  } finally {
    busy = false;
  }
}

async function goOn(number, said) {
  const place = items.findIndex((item) => item.number === number);
  await reread({ quiet: true });
  items = items.filter((item) => item.number !== number);
  opened = null;
  const following = items[Math.min(Math.max(place, 0), items.length - 1)];
  remember("open", "");
  fill(decide);
  fill(shown, h("p", { class: "quiet empty" }, "这个列表已经处理完。"));
  if (following) await open(following.number);
  openedAlone = performance.now();
  tellDone(`✓ ${number} ${said}`);
}

function tellDone(words) {
  one("#done")?.remove();
  const bar = h("p", { id: "done", class: "toast", role: "status" }, words);
  document.body.append(bar);
  setTimeout(() => bar.remove(), 8000);
}

// The main step of the opened case; a press that was meant for the one before is swallowed.
function mainStep() {
  if (openedAlone && performance.now() - openedAlone < UNREAD) return true;
  return opened?.form.main() ?? false;
}

// --- address, filters, keys ---

function remember(name, value) {
  if (value) asked.set(name, value);
  else asked.delete(name);
  history.replaceState(null, "", `?${asked}`);
}

for (const field of filters.elements) {
  field.value = asked.get(field.name) ?? "";
  field.addEventListener(field.type === "search" ? "input" : "change", () => {
    remember(field.name, field.value);
    clearTimeout(filters.timer);
    filters.timer = setTimeout(() => reread({ quiet: true }), 300);
  });
}
filters.addEventListener("submit", (event) => event.preventDefault());
one("#more").addEventListener("click", readMore);

keys([
  { key: "j", says: "下一件", does: () => move(1) },
  { key: "k", says: "上一件", does: () => move(-1) },
  { key: "Enter", says: "打开", does: () => (items[at] ? (open(items[at].number), true) : false) },
  { key: "x", says: "选中或不选这一件", does: () => tab() === "new" && several.toggle(items[at]) },
  { key: "e", says: "选中所有同类同区域的", does: () => tab() === "new" && several.equal(items[at], items) },
  { key: "b", says: "到下面一起处理", does: () => several.focus() },
  { key: "Esc", says: "不选了", does: () => several.clear() },
  { key: "Ctrl+Enter", says: "做主要的一步（转办、裁定、通过、批准、重办），再打开下一件", does: mainStep },
  ...Array.from({ length: 6 }, (_, index) => ({ key: `Alt+${index + 1}`, shown: "Alt+1…6", says: index ? "" : "选第几个建议；审核时改清单第几条", does: () => opened?.form.choose?.(index) ?? false })),
]);

const reading = bell();
const changed = () => (reread({ quiet: true }), reading());
live("/desk", { changed: (told) => told.kind === "case" && changed() }, { again: changed });
// Clocks run on also where nobody is told of a change; a list of several pages is left in peace.
setInterval(() => items.length <= ONE_PAGE && reread({ quiet: true }), EVERY);
await reread();
if (asked.get("open")) open(asked.get("open"));
