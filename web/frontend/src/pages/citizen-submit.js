// A new matter: answers while typing, one case however often the button is pressed, nothing typed is lost.

import { call, randomKey } from "../shared/http.js";
import { all, clearWrong, fill, h, one, showWrong } from "../shared/dom.js";
import { keep, putValues, valuesOf } from "../shared/drafts.js";
import { momentWords } from "../shared/time.js";
import { picker, upload } from "../shared/attachments.js";
import { fileWords } from "../shared/file-words.js";
import { fieldsOf, sayingOf, t } from "../shared/tongue.js";

const form = one("#submit");
const send = one("#send");
const PAUSE = 600;
const LEAST = 4;
let key = randomKey();
let sent = null; // what went out last under this key

// --- answers of the knowledge base, asked without numbers so that no telephone number stands in a log ---

let timer = 0;
let asking = null;

function answer(item) {
  const said = h("p", { class: "said" }, `${item.passage} …`);
  const whole = async () => {
    const { body } = await call("GET", `/api/v1/kb/articles/${encodeURIComponent(item.code)}`);
    said.textContent = body;
  };
  const opened = () => whole().catch(() => null); // the passage stays where the whole cannot be had
  return h("details", { ontoggle: opened }, h("summary", {}, item.title), said);
}

async function lookUp(text) {
  asking?.abort();
  asking = new AbortController();
  const asked = encodeURIComponent(text.replace(/[0-9０-９]{3,}/g, "").slice(0, 120));
  try {
    const { items } = await call("GET", `/api/v1/kb/search?limit=3&q=${asked}`, undefined, { signal: asking.signal });
    one("#answers").hidden = items.length === 0;
    fill(one("#answer-list"), items.map(answer));
  } catch (error) {
    if (error.name !== "AbortError") one("#answers").hidden = true;
  }
}

one("#content").addEventListener("input", () => {
  clearTimeout(timer);
  const text = one("#content").value.trim();
  if (text.length < LEAST) one("#answers").hidden = true;
  else timer = setTimeout(() => lookUp(text), PAUSE);
});

// --- sending ---

const text = (name) => form.elements[name].value.trim();

function body() {
  return {
    kind: form.elements.kind.value,
    content: text("content"),
    channel: "web",
    citizen: { name: text("name"), phone: text("phone") },
    place: { area: text("area"), address: text("address") },
    occurred_at: text("occurred_at") || null,
    confidential: form.elements.confidential.checked,
    anonymous: form.elements.anonymous.checked,
  };
}

function missing(said) {
  const fields = {};
  if (!said.content) fields.content = t("请写下是什么事");
  if (!said.kind) fields.kind = t("请选一项");
  if (!said.citizen.phone && !said.anonymous) fields["citizen.phone"] = t("请留下电话，或在下面选择匿名");
  if (form.elements.occurred_at.validity.badInput) fields.occurred_at = t("时间没有填完整，请补全或清空");
  return fields;
}

function refuse(error) {
  const shown = showWrong(form, fieldsOf(error));
  const box = one("#refused");
  box.textContent = sayingOf(error);
  box.hidden = false;
  if (!shown) box.scrollIntoView({ block: "center" });
}

const post = (said) => call("POST", "/api/v1/cases", said, { headers: { "Idempotency-Key": key } });

// An earlier try under this key may have arrived although no answer came back: then that case is ours.
async function sendOnce(said) {
  const before = sent;
  sent = said;
  try {
    return { made: await post(said), earlier: false };
  } catch (error) {
    if (error.status === 422) sent = before; // what was refused never became a case
    if (error.code !== "key_reused" || !before) throw error;
    return { made: await post(before), earlier: true };
  }
}

let busy = false;

async function submit(event) {
  event.preventDefault();
  if (busy) return;
  clearWrong(form);
  one("#refused").hidden = true;
  const said = body();
  const gaps = missing(said);
  if (Object.keys(gaps).length) return showWrong(form, gaps);
  busy = true;
  send.setAttribute("aria-disabled", "true");
  send.textContent = t("正在提交…");
  try {
    const { made, earlier } = await sendOnce(said);
    (await draft).clear();
    done(made, earlier);
  } catch (error) {
    refuse(error);
  } finally {
    busy = false;
    send.removeAttribute("aria-disabled");
    send.textContent = t("提交");
  }
}

// --- afterwards ---

const LABELS = { accept: t("热线受理"), forward: t("转给承办部门") };

function nextSteps(made) {
  const reply = one("input[name=kind]:checked", form)?.dataset.reply;
  const known = Object.fromEntries(made.clocks.map((row) => [row.clock, row.due_at]));
  const dated = Object.entries(LABELS).filter(([name]) => known[name]).map(([name, told]) => t("{when} 前{what}").replace("{when}", momentWords(known[name])).replace("{what}", told));
  const forward = known.forward ? [] : [t("受理后 {limit}内转给承办部门").replace("{limit}", form.dataset.forward)];
  return [...dated, ...forward, reply && t("部门收到后 {limit}内书面答复您").replace("{limit}", reply), t("答复后热线会回访，问您解决了没有、满不满意")].filter(Boolean);
}

function done(made, earlier) {
  one("#number").textContent = made.number;
  one("#code").textContent = made.query_code;
  one("#follow").href = `/track#${made.number}.${made.query_code}`;
  fill(one("#next"), nextSteps(made).map((told) => h("li", {}, told)));
  one("#later").hidden = !earlier;
  one("#later").textContent = t("您第一次的提交其实已经收到。之后改动的文字没有包含在内，请在“查看进度”里用“再说一句”补上。");
  one("#writing").hidden = true;
  one("#done").hidden = false;
  one("#done").focus();
  window.scrollTo(0, 0);
  sendFiles(made);
}

// The matter is safe before its photos travel; what did not arrive stays here with a button to try again.
const files = picker({ id: "matter", label: t("照片和文件（可不传）"), words: fileWords() });
one("#pick").append(files.node);

async function sendFiles(made) {
  if (!files.rows.length) return;
  one("#sent-files").append(files.node);
  const path = `/api/v1/cases/${made.number}/attachments`;
  const failed = await files.flush((file) => upload(path, file, {}, { "X-Query-Code": made.query_code }));
  if (failed) one("#sent-files").prepend(h("p", { class: "notice warn", role: "alert" }, t("诉求已收到，但有文件没有传上去，可以在这里重试，或以后在“查进度”里补传。")));
}

one("#copy").addEventListener("click", async () => {
  const said = `12345 ${t("编号")} ${one("#number").textContent} ${t("查询码")} ${one("#code").textContent}`;
  try {
    await navigator.clipboard.writeText(said);
    one("#copy").textContent = t("已复制");
  } catch {
    one("#copy").textContent = t("请手动抄下");
  }
});
one("#another").addEventListener("click", () => location.reload());
one("#anonymous").addEventListener("change", (event) => (one("#phone-must").hidden = event.target.checked));
form.addEventListener("submit", submit);

// the key belongs to the draft: after a reload the same matter is still the same request
const read = () => ({ ...valuesOf(form), key });
function write(_, values) {
  key = values.key || key;
  putValues(form, values);
}
const untouched = () => all("input, textarea, select", form).every((f) => (f.type === "checkbox" || f.type === "radio" ? !f.checked : !f.value));
const draft = keep(form, "submit", { read: () => (untouched() ? {} : read()), write });
