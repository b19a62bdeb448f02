// The agent's desk: a call or a talk comes in, what is said becomes a case that is answered or forwarded at once.

import { call } from "../shared/http.js";
import { all, clearWrong, fill, h, one, showWrong } from "../shared/dom.js";
import { keep, putValues, valuesOf } from "../shared/drafts.js";
import { keys } from "../shared/keys.js";
import { live } from "../shared/socket.js";
import { momentWords } from "../shared/time.js";
import { act, conflict, showCase } from "../shared/case-view.js";
import { asDestinations, picker } from "../shared/department-picker.js";
import { answers, similar } from "../desk/answers.js";
import { callbar } from "../desk/callbar.js";
import { chats } from "../desk/chats.js";
import { citizen } from "../desk/citizen.js";
import { control } from "../desk/control.js";
import { outward } from "../desk/outward.js";
import { bodyOf, sender } from "../desk/sending.js";
import { shift } from "../desk/shift.js";
import { suggesting } from "../desk/suggesting.js";
import { topics } from "../desk/topics.js";

const form = one("#matter");
const made = one("#made");
const about = one("#about");
const says = one("#foot-says");
const departments = []; // the list fills itself; nobody waits for it to begin typing
const listed = call("GET", "/dispatch/departments").then((told) => departments.push(...told.items), (error) => tell(error));
const pick = picker(form.elements.department, one("#department-list"), departments, { onPick: () => suggestions.touch("department") });
const alike = similar({ onOpen: (number) => openAbout(number), onJoin: (number) => join(number) });
const talking = control();
const suggestions = suggesting(form, pick, { onSimilar: alike.show, talk: talking });
const known = answers(form);
const out = sender();
let chosen = null; // the case this call is about
let busy = false;

const person = citizen(form, (number) => openAbout(number), { onKnown: (told) => suggestions.put("name", told.name) });
const bar = callbar({ onCall: (pop) => (pop ? rang(pop) : null), onTalk: spoken });
const leader = shift();
const owed = outward();
const talks = chats({ onOpen: taken, onUse: quoted });

const drafted = keep(form, "desk", {
  read: () => ({ ...valuesOf(form), department_code: pick.code(), category: suggestions.category() }),
  write: (_, values) => {
    putValues(form, values);
    for (const [name, value] of Object.entries(values)) if (value && name !== "content") suggestions.touch(name);
    if (values.department_code) listed.then(() => pick.set(values.department_code));
    if (values.category) suggestions.restore(values.category);
    suggestions.ask();
  },
});

function rang(pop) {
  person.pop(pop);
  if (form.elements.phone.value || !pop.caller) return;
  form.elements.phone.value = pop.caller;
  form.elements.channel.value = "phone";
  suggestions.touch("phone");
}

// A talk that begins is written down: the field is ready, unless he is already in another.
function spoken(callId) {
  const begins = callId && !talking.speaks();
  const shown = talking.show(callId);
  suggestions.danger();
  if (begins && !document.activeElement?.matches("input, textarea, select")) form.elements.content.focus();
  return shown;
}

function taken(talk) {
  form.elements.channel.value = "chat";
  if (talk.phone && !form.elements.phone.value) {
    form.elements.phone.value = talk.phone;
    person.look(talk.phone);
  }
}

// What he wrote in the talk, as the text of the case.
function quoted(text) {
  const field = form.elements.content;
  field.value = field.value.trim() ? `${field.value}\n${text}` : text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

// --- one case of his: supplement or urge ---

async function openAbout(number) {
  form.classList.add("about");
  one("#new-foot").hidden = true;
  one("#about-foot").hidden = false;
  one("#do-join").hidden = person.has(number);
  about.hidden = false;
  made.hidden = true;
  for (const card of all(".case-card", one("#citizen"))) card.classList.toggle("on", card.dataset.number === number);
  chosen = { number };
  const told = await showCase(about, number);
  if (told && chosen?.number === number) chosen = told;
  form.elements.content.focus();
}

function closeAbout() {
  if (!chosen) return false;
  chosen = null;
  form.classList.remove("about");
  about.hidden = true;
  about.parentElement.querySelector(":scope > .told")?.remove();
  one("#new-foot").hidden = false;
  one("#about-foot").hidden = true;
  for (const card of all(".case-card.on", one("#citizen"))) card.classList.remove("on");
  return true;
}

async function sayTo(action) {
  if (!chosen || busy) return Boolean(chosen);
  const text = form.elements.content.value.trim();
  if (!text) return tell({ message: action === "urge" ? "先写下市民催办时说的话。" : "先写下要补充的内容。", fields: { content: "缺少此项" } });
  busy = true;
  try {
    const told = await act(chosen.number, chosen.version, action, { text });
    const what = action === "urge" ? "已记为催办" : "已记为补充";
    card([h("h2", {}, `✓ ${what}`), h("p", {}, `编号 ${told.number}，${told.state_label}。承办部门会看到市民的话，时限不变。`)]);
    await startAgain();
  } catch (error) {
    await conflict(about, error, () => openAbout(chosen.number), { number: chosen.number, mine: text });
  } finally {
    busy = false;
  }
  return true;
}

// --- a new case ---

function tell(error) {
  const before = error.made ? `已登记 ${error.made.number}（不会丢），但下一步没有成功：` : "";
  says.textContent = `■ ${before}${error.message}`;
  says.classList.add("bad");
  if (error.fields) showWrong(form, error.fields);
  return true;
}

async function send(action, given) {
  if (busy || chosen) return true;
  clearWrong(form);
  if (!form.elements.content.value.trim()) return tell({ message: "先写下市民的诉求。", fields: { content: "缺少此项" } });
  busy = true;
  says.classList.remove("bad");
  says.textContent = "正在登记…";
  try {
    const done = await out.send(bodyOf(form, { category: suggestions.category(), call: bar.call()?.call }), action, given, talks.casePath() || undefined);
    talks.reread();
    showMade(done);
    await startAgain();
  } catch (error) {
    tell(error);
  } finally {
    busy = false;
  }
  return true;
}

// The same matter of another citizen: his case is written for itself, and goes on together with that one.
function join(number) {
  const into = number || chosen?.number || alike.first();
  if (!into || person.has(into)) return false;
  closeAbout();
  return send("merge", { into });
}

function forward() {
  const code = pick.code();
  if (!code) return tell({ message: "还没有转办部门：选一个，或先直接答复。", fields: { department: "请选部门" } });
  return send("forward", { departments: asDestinations(code, suggestions.co(code)), opinion: form.elements.answer.value.trim() });
}

function answerNow() {
  const text = form.elements.answer.value.trim();
  if (!text) {
    tell({ message: "先写下告诉市民的答复，F2 可填入知识库答案。", fields: { text: "缺少此项" } });
    return true;
  }
  return send("answer", { text });
}

function guide(button) {
  one("#guides").open = false;
  const field = form.elements.answer;
  if (!field.value.trim()) field.value = button.dataset.text;
  const { channel } = button.dataset;
  says.classList.remove("bad");
  fill(says, `将引导到“${channel}”并结束登记。`, h("button", { type: "button", class: "button", onclick: () => send("guide", { channel, text: field.value.trim() || button.dataset.text }) }, "确认引导"));
  field.focus();
}

const READ_OUT = {
  forward: (told) => {
    const lead = told.departments.find((place) => place.role === "lead");
    const due = told.clocks.find((row) => row.clock === "reply" && row.department === lead?.code && !row.stopped_at);
    return [`已转 ${lead?.name ?? ""} 办理`, due ? `，${momentWords(due.due_at)} 前答复您` : "", "。"];
  },
  answer: () => ["已当场答复并结案。"],
  merge: ({ event }) => {
    const lead = event.departments.find((place) => place.role === "lead");
    const due = event.clocks.find((row) => row.clock === "reply" && !row.stopped_at);
    return [lead ? `已和别的市民反映的同一件事一起由 ${lead.name} 办理` : "已和别的市民反映的同一件事一起办理", due ? `，${momentWords(due.due_at)} 前答复` : "", "，答复后您同样能看到并评价。"];
  },
  guide: (told) => [`已引导：${told.guidance?.channel ?? ""}。`],
};

function showMade({ made: first, told }) {
  const kind = { closed: "answer", guided: "guide", merged: "merge" }[told.state] ?? "forward";
  card([
    h("h2", {}, "✓ 已登记，请读给市民"),
    h("dl", { class: "read-out" }, h("dt", {}, "编号"), h("dd", { id: "made-number" }, first.number), h("dt", {}, "查询码"), h("dd", { id: "made-code" }, first.query_code)),
    h("p", { class: "big" }, READ_OUT[kind](told).join("")),
  ]);
}

function card(inside) {
  fill(made, h("div", { class: "made", role: "status" }, ...inside, h("button", { type: "button", class: "button", onclick: () => (made.hidden = true) }, "收起")));
  made.hidden = false;
}

async function startAgain() {
  closeAbout();
  form.reset();
  pick.clear();
  suggestions.reset();
  known.clear();
  alike.clear();
  person.clear();
  clearWrong(form);
  out.forget();
  says.textContent = "";
  says.classList.remove("bad");
  const ringing = bar.call();
  if (ringing) rang(ringing);
  form.elements.content.focus({ preventScroll: true });
  window.scrollTo(0, 0); // what is to be read out stands on top
  await (await drafted).clear();
}

// --- wiring ---

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => says.classList.contains("bad") && !out.written() && (says.textContent = ""));
one("#do-forward").addEventListener("click", forward);
one("#do-answer").addEventListener("click", answerNow);
one("#do-supplement").addEventListener("click", () => sayTo("supplement"));
one("#do-urge").addEventListener("click", () => sayTo("urge"));
one("#do-join").addEventListener("click", () => join());
one("#do-back").addEventListener("click", closeAbout);
for (const button of all("[data-channel]", one("#guides"))) button.addEventListener("click", () => guide(button));

keys([
  { key: "Ctrl+Enter", says: "转办", does: () => (chosen ? false : forward()) },
  { key: "F4", says: "直接答复", does: () => (chosen ? false : answerNow()) },
  { key: "F2", says: "把第一条知识填入答复", does: () => known.first() },
  ...suggestions.chipKeys.map((key, index) => ({ key, says: `确认第 ${index + 1} 个分类`, does: () => suggestions.choose(index) })),
  ...Array.from({ length: 9 }, (_, index) => ({ key: `Alt+${index + 1}`, shown: "Alt+1…9", says: index ? "" : "这次来电说的是他的第几件在办诉求", does: () => person.about(index) })),
  { key: "Alt+T", says: "确认建议的类型", does: () => suggestions.confirmKind() },
  { key: "Alt+G", says: "并入打开的或最相似的同一件事", does: () => join() },
  { key: "Alt+B", says: "补充到所选诉求", does: () => sayTo("supplement") },
  { key: "Alt+U", says: "为所选诉求催办", does: () => sayTo("urge") },
  ...bar.keys,
  ...talking.keys,
  { key: "Esc", says: "回到新诉求", does: () => talking.shut() || closeAbout() },
]);

live(
  "/desk",
  { pop: bar.reread, call: bar.reread, seat: bar.reread, note: leader.reread, changed: (told) => told.kind === "chat" && talks.reread() },
  { again: () => (bar.reread(), talks.reread(), leader.reread(), owed.reread()), state: bar.line },
);
bar.reread();
topics((number) => openAbout(number));
form.elements.content.focus();
// Typed before this page was ready, or kept by the browser over a reload.
if (form.elements.content.value) form.elements.content.dispatchEvent(new Event("input", { bubbles: true }));
listed.then(() => form.elements.content.value && suggestions.ask());
