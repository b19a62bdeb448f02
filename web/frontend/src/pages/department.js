// A department's desk: what is due first, the citizen's own words beside it, one row of steps at the foot.

import { call } from "../shared/http.js";
import { all, composing, fill, h, one, showWrong } from "../shared/dom.js";
import { picker, upload } from "../shared/attachments.js";
import { dictate } from "../shared/dictate.js";
import { keep } from "../shared/drafts.js";
import { kbd, keys } from "../shared/keys.js";
import { live } from "../shared/socket.js";
import { act, clearTold, clockLine, conflict, leading, showCase } from "../shared/case-view.js";
import { bell } from "../shared/notices.js";
import { sideList, tellDone } from "../shared/side-list.js";
import { formOf, valuesGiven } from "../shared/forms.js";
import { clockBars } from "../department/bars.js";
import { outgoing } from "../department/outgoing.js";
import { replyChecks } from "../department/checks.js";
import { signing } from "../department/signing.js";
import { FORMS, MORE, ROW } from "../department/steps.js";

const shown = one("#case");
const decide = one("#decide");
const steps = one("#steps");
const around = one("#around");
const bars = one("#bars");
const EMPTY = {
  sign: "没有等待签收的诉求。新的会自动出现在这里。",
  working: "没有正在办理的诉求。签收后的诉求在这里。",
  tomorrow: "到明天下班前没有到期的诉求。",
  correct: "没有退单待裁、审核退回或重办的诉求。",
  extended: "没有申请延期或已延期的诉求。",
  replied: "本部门还没有答复过诉求。",
};
const departments = call("GET", "/api/v1/departments").then((told) => told.items, () => []);
let told = null;
let form = null; // { name, node, draft, fields }
let busy = false;

// --- the list ---

const row = (item) => [
  h("span", { class: "first" }, h("b", {}, item.title), item.urgency === "一般" ? null : h("span", { class: "tag bad" }, `■ ${item.urgency}`)),
  h("span", { class: "small quiet" }, `${item.number} · ${item.place.area || "区域未定"} · ${item.status_label}${item.round > 1 ? ` · 第 ${item.round} 次办理` : ""}`),
  leading(item) ? h("span", { class: "small" }, clockLine(leading(item), { still: true })) : null,
];

function painted({ told: page }) {
  const late = one("#late");
  late.hidden = !page.late;
  late.textContent = `■ ${page.late > 999 ? "999+" : page.late}`;
  late.setAttribute("aria-label", `其中超期 ${page.late} 件`);
  several.keep();
}

const toSign = () => (list.tab() === "sign" ? list.state.items.filter((item) => item.status === "delivered") : []);
const several = signing({ items: toSign, done: (words) => (tellDone(`✓ ${words}`), list.reread()) });
const box = (item) => (toSign().includes(item) ? several.box(item) : null);
const list = sideList({ path: "/department/list", row, open, empty: EMPTY, painted, before: box });

// --- the case ---

async function open(number) {
  if (busy) return;
  shutForm();
  clearTold(shown);
  told = null;
  fill(bars);
  fill(around);
  fill(steps);
  await reread(number);
  one(".open").scrollTop = 0;
  if (told && matchMedia("(max-width: 1100px)").matches) one(".open").scrollIntoView();
}

async function reread(number) {
  told = await showCase(shown, number);
  if (!told) return;
  drawSteps();
  clockBars(told).then((drawn) => told?.number === number && fill(bars, drawn));
  lookAround(number);
}

async function lookAround(number) {
  const near = await call("GET", `/department/around/${encodeURIComponent(number)}`).catch(() => ({ items: [] }));
  if (told?.number === number) drawAround(near.items);
}

const neighbour = (item) =>
  h(
    "li",
    {},
    h("a", { href: `/department?tab=${list.tab()}&open=${item.number}` }, item.title),
    h("span", { class: "small quiet" }, ` ${item.number} · ${item.state_label}${item.same_place ? " · 同一地点" : ""}`),
  );

function drawAround(items) {
  const said = items.length ? h("ul", { class: "plain" }, items.map(neighbour)) : h("p", { class: "quiet" }, "本部门在这个区域没有办过同类诉求。");
  fill(around, h("section", { class: "part" }, h("h3", {}, "这里以前的诉求"), said));
}

// --- the steps at the foot ---

const may = (name) => told.actions.includes(name);

function drawSteps() {
  const main = ROW.find(({ name }) => may(name) && name !== "hand_down")?.name;
  const usual = ROW.filter(({ name }) => may(name)).map(({ name, key }) =>
    h("button", { type: "button", class: `button${mainOf(main) === name ? " main" : ""}`, data: { step: name }, onclick: () => go(name) }, FORMS[name].label, kbd(key)),
  );
  const rest = MORE.filter(may).map((name) => h("button", { type: "button", data: { step: name }, onclick: () => go(name) }, FORMS[name].label));
  const menu = rest.length ? h("details", { class: "menu up" }, h("summary", { class: "button", "aria-label": "更多" }, "⋯"), h("div", { class: "drop" }, rest)) : null;
  const nothing = usual.length + rest.length === 0;
  fill(steps, nothing ? h("p", { class: "quiet" }, `${told.state_label}：现在没有要本部门做的事。`) : null, ...usual, menu);
}

// Before the citizen was contacted the contact is the main step, after it the reply.
const mainOf = (first) => (first === "contact" && told.departments.some((place) => place.contacted_at && place.status === "signed") ? "reply" : first);

async function go(name) {
  if (!told || busy || !may(name)) return false;
  steps.querySelector("details")?.removeAttribute("open");
  if (!FORMS[name].fields.length) return perform(name, {});
  await openForm(name);
  return true;
}

async function openForm(name) {
  shutForm();
  const fields = await Promise.all(FORMS[name].fields.map(async (field) => (field.departments ? { ...field, choices: await suggestions() } : field)));
  const node = formOf(name, { title: FORMS[name].title, go: FORMS[name].go, fields }, send, leaveForm);
  fill(decide, node);
  const number = told.number;
  form = { name, node, fields, draft: null };
  if (name === "reply") replyChecks(node, told);
  if (WITH_FILES[name]) one(".foot", node).before(files(name, number).node);
  all("textarea", node).forEach((field) => dictate(field));
  one("input, textarea, select", node).focus();
  node.scrollIntoView({ block: "nearest" });
  form.draft = await keep(node, `${name}-${number}`);
}

// Kept at once with the case; a reply's files are the citizen's once the reply has passed the review.
const WITH_FILES = { contact: "照片和文件（内部留存）", reply: "照片和文件（答复通过审核后市民可见）" };
const files = (name, number) =>
  picker({ id: name, label: WITH_FILES[name], send: (file) => upload(`/api/v1/cases/${encodeURIComponent(number)}/attachments`, file, { purpose: name }) });

const suggestions = async () => [["", "不建议"], ...(await departments).map(({ code, name }) => [code, name])];

function shutForm() {
  fill(decide);
  form = null;
}

// Back to the button the form came from; a step of the menu to the menu.
function leaveForm() {
  const button = one(`[data-step="${form.name}"]`, steps);
  shutForm();
  (button?.closest("details")?.querySelector("summary") ?? button)?.focus();
}

function send() {
  if (!form || !form.node.reportValidity()) return false;
  return perform(form.name, valuesGiven(form.node, form.fields));
}

async function perform(name, given) {
  if (busy) return true;
  busy = true;
  const { number, version } = told;
  clearTold(shown);
  try {
    await act(number, version, name, given);
    await form?.draft?.clear();
    shutForm();
    tellDone(`✓ ${number} ${FORMS[name].done}`);
    list.reread();
    await reread(number);
  } catch (error) {
    if (form) showWrong(form.node, error.fields ?? {});
    await conflict(shown, error, () => reread(number));
  } finally {
    busy = false;
  }
  return true;
}

// --- keys and the live line ---

keys([
  { key: "j", says: "下一件", does: () => list.move(1) },
  { key: "k", says: "上一件", does: () => list.move(-1) },
  { key: "Enter", says: "打开", does: () => list.enter() },
  ...ROW.map(({ name, key }) => ({ key, says: FORMS[name].label, does: () => go(name) })),
  { key: "Ctrl+Enter", says: "提交打开的表单", does: () => (form ? send() : false) },
  { key: "x", says: "待签收里选中或不选这一件", does: () => several.toggle(list.current()) },
  { key: "e", says: "待签收里全选", does: () => several.every() },
  { key: "b", says: "一起签收选中的", does: () => several.send() },
  { key: "Esc", says: "收起表单，草稿保留；不选了", does: () => (form ? (leaveForm(), true) : several.clear()) },
]);
decide.addEventListener("keydown", (event) => composing(event) && event.stopPropagation());

const reading = bell();
const sentToday = outgoing((number) => list.show(number));
const changed = () => (list.reread(), reading(), sentToday());
live("/desk", { changed }, { again: changed });
sentToday();
await list.begin();
