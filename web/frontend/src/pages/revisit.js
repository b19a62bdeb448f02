// The revisit group's desk: whom to call next, the script with one key per answer, and what follows a bad answer.

import { call } from "../shared/http.js";
import { fill, h, one, showWrong } from "../shared/dom.js";
import { keep } from "../shared/drafts.js";
import { kbd, keys } from "../shared/keys.js";
import { live } from "../shared/socket.js";
import { act, clearTold, clockLine, conflict, replyCard, showCase } from "../shared/case-view.js";
import { momentWords } from "../shared/time.js";
import { bell } from "../shared/notices.js";
import { sideList, tellDone } from "../shared/side-list.js";
import { formOf, valuesGiven } from "../shared/forms.js";
import { script } from "../revisit/script.js";
import { openCallbacks } from "../revisit/callbacks.js";
import { dialer } from "../revisit/dialer.js";
import { AFTER, VERDICT_WORDS } from "../revisit/after.js";

const shown = one("#case");
const decide = one("#decide");
const place = one("#script");
const EMPTY = {
  call: "没有要回访的诉求。审核通过的答复和收到的差评会出现在这里。",
  verdict: "没有等待复核的判定。",
  redo: "没有等待重办的诉求。",
};
let told = null;
let asking = null; // the script on screen
let form = null; // { name, node, fields, draft }
let busy = false;

// --- the list ---

const tried = (tries) => (tries.count ? `第 ${tries.count}/${tries.needed} 次未接通${tries.last_result ? `（${tries.last_result}）` : ""}${tries.next_at ? ` · ${momentWords(tries.next_at)} 后再打` : " · 现在可以再打"}` : "还没有打过");

const row = (item) => [
  h("span", { class: "first" }, h("b", {}, item.title), item.round > 1 ? h("span", { class: "tag warn" }, `第 ${item.round} 次办理`) : null),
  h("span", { class: "small quiet" }, `${item.number} · ${item.place.area || "区域未定"} · ${item.state_label}${item.verdict ? ` · ${VERDICT_WORDS[item.verdict]}` : ""}`),
  item.clock ? h("span", { class: "small" }, clockLine(item.clock, { still: true })) : null,
  list.tab() === "call" ? h("span", { class: `small${item.tries.next_at ? " quiet" : ""}` }, item.tries.spoken ? "已联系，待判定" : tried(item.tries)) : null,
];

function painted({ told: page }) {
  const quiet = one("#quiet");
  quiet.hidden = !page.quiet;
  quiet.textContent = `现在是 ${page.hours[0]}—${page.hours[1]} 以外的时间，不打回访电话。`;
}

const list = sideList({ path: "/revisit/list", row, open, empty: EMPTY, painted });

// --- the case ---

async function open(number) {
  if (busy) return;
  shut();
  clearTold(shown);
  fill(place);
  told = null;
  await reread(number);
  one(".open").scrollTop = 0;
}

async function reread(number) {
  told = await showCase(shown, number);
  if (told) offer();
}

const may = (name) => told.actions.includes(name);
const item = () => list.state.items.find((one) => one.number === told.number);
const spoken = () => told.revisits.some((row) => row.round === told.round && row.reached) && told.state === "checking";

// What is to be done with this case now: ask, judge, approve, redo.
function offer() {
  asking = null;
  fill(place, whom(), oldReply());
  if (may("approve_verdict")) return openForm("approve_verdict");
  if (may("redo")) return openForm("redo");
  if (may("judge") && spoken()) return openForm("judge");
  if (may("revisit")) return ask();
  fill(decide, h("p", { class: "quiet" }, `${told.state_label}：现在没有要做的事。`));
  return null;
}

const whom = () =>
  h(
    "p",
    { class: "whom" },
    h("b", { class: "figure" }, told.citizen.phone || "没有留电话"),
    h("span", {}, ` ${told.citizen.name || "未留姓名"}`),
    told.citizen.phone ? dialer(() => ({ case: told.number }), "F8") : null,
  );

function oldReply() {
  const last = [...told.replies].reverse().find((reply) => reply.passed_at) ?? told.replies.at(-1);
  return last ? h("section", { class: "part" }, h("h3", {}, "上次的答复"), replyCard(told, last)) : null;
}

// --- the script ---

function ask() {
  const tries = item()?.tries ?? { count: 0, needed: 3, next_at: null };
  asking = script({
    tries,
    words: tried(tries),
    close: may("close") && tries.count >= tries.needed ? () => perform("close", {}, "三次以上未接通，结案") : null,
    judge: may("judge") && tries.count >= tries.needed ? () => openForm("judge") : null,
    send: (given) => perform("revisit", given, given.reached ? "回访已记录" : "未接通，已计一次"),
  });
  fill(decide, asking.node);
  keep(asking.node, `revisit-${told.number}`, { read: asking.read, write: asking.write }).then((draft) => (asking ? (asking.draft = draft) : null));
}

// --- what follows ---

async function openForm(name) {
  shut();
  const { title, go, fields } = AFTER[name];
  const node = formOf(name, { title: typeof title === "function" ? title(told) : title, go, fields }, send, null);
  fill(decide, node);
  form = { name, node, fields, draft: null };
  form.draft = await keep(node, `${name}-${told.number}`);
}

function send() {
  if (!form || !form.node.reportValidity()) return false;
  return perform(form.name, valuesGiven(form.node, form.fields), AFTER[form.name].label);
}

function shut() {
  fill(decide);
  form = null;
  asking = null;
}

async function perform(name, given, said) {
  if (busy || !told) return true;
  busy = true;
  const { number, version } = told;
  const draft = form?.draft ?? asking?.draft;
  clearTold(shown);
  try {
    const after = await act(number, version, name, given);
    await draft?.clear();
    tellDone(`✓ ${number} ${said}`);
    await list.reread();
    busy = false;
    await goOn(after);
  } catch (error) {
    if (form) showWrong(form.node, error.fields ?? {});
    await conflict(shown, error, () => reread(number));
  } finally {
    busy = false;
  }
  return true;
}

// A bad answer opens the verdict at once; a justified one the redo; else the next of the list comes.
async function goOn(after) {
  const follows = ["judge", "redo"].some((name) => after.actions.includes(name)) && ["checking", "rectifying"].includes(after.state);
  const unheard = after.state === "checking" && !after.revisits.some((row) => row.round === after.round && row.reached);
  if (follows && !unheard) return open(after.number);
  const next = list.state.items.find((one) => one.number !== after.number && !one.tries.next_at);
  if (next) return list.show(next.number);
  told = null;
  shut();
  fill(place);
  list.leave();
  fill(shown, h("p", { class: "quiet empty" }, "现在能打的都打完了。"));
  return null;
}

// --- keys and the live line ---

// The one button that dials; while it dials the key does nothing.
function dial() {
  const button = one(".whom [data-dial]", place);
  button?.click();
  return Boolean(button);
}

const answer = (key) => () => asking?.press(key) ?? false;
keys([
  { key: "j", says: "下一件", does: () => list.move(1) },
  { key: "k", says: "上一件", does: () => list.move(-1) },
  { key: "Enter", says: "打开", does: () => list.enter() },
  { key: "F8", says: "拨打市民的电话", does: dial },
  ...(asking?.keys ?? script.KEYS).map(([key, says]) => ({ key, says, does: answer(key) })),
  { key: "Ctrl+Enter", says: "记下回访，或提交打开的表单", does: () => (asking ? asking.submit() : form ? send() : false) },
]);

const reading = bell();
const calls = openCallbacks(one("#callbacks-door"), () => (shut(), fill(place), (told = null), shown), kbd);
const changed = () => (list.reread(), reading(), calls.reread());
live("/desk", { changed }, { again: changed });
await list.begin();
