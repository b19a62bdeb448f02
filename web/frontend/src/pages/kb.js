// The knowledge base: search and read; the keeper drafts, submits, publishes and retires.

import { call } from "../shared/http.js";
import { all, fill, h, one, showWrong } from "../shared/dom.js";
import { keep } from "../shared/drafts.js";
import { momentWords } from "../shared/time.js";
import { failed, skeleton } from "../shared/case-view.js";
import { bell } from "../shared/notices.js";
import { tellDone } from "../shared/side-list.js";

const found = one("#found");
const shown = one("#article");
const keeps = one(".kb-page").dataset.keeps === "yes";
const manages = Boolean(one("[data-state]"));
const STEPS = { submit: "送审", send_back: "退回修改", publish: "发布", retire: "下架" };
const path = (code) => `/kb/articles/${encodeURIComponent(code)}`;
const people = (name) => (name === "system" ? "系统" : name);
const houses = call("GET", "/api/v1/departments").then((told) => new Map(told.items.map(({ code, name }) => [code, name])), () => new Map());
let timer = 0;
let state = "";

// --- finding ---

// The passage with the words that were found marked; `marks` are [start, end] in it.
function passage(item) {
  const pieces = [];
  let done = 0;
  for (const [from, to] of item.marks ?? []) {
    pieces.push(item.passage.slice(done, from), h("mark", {}, item.passage.slice(from, to)));
    done = to;
  }
  return h("p", { class: "small" }, pieces, item.passage.slice(done));
}

const line = (item) =>
  h(
    "li",
    {},
    h("button", { type: "button", class: "kb-line", data: { code: item.code }, onclick: () => open(item.code) }, h("b", {}, item.title), item.passage ? passage(item) : h("p", { class: "small quiet" }, `${item.code} · ${item.state_label} · ${people(item.updated_by)} ${momentWords(item.updated_at)}`)),
  );

async function search() {
  const words = one("#q").value.trim();
  if (!words) return;
  state = "";
  paintStates();
  try {
    const told = await call("GET", `/api/v1/kb/search?q=${encodeURIComponent(words)}&limit=20`);
    const none = h("li", { class: "quiet empty" }, "没有找到。换个说法试试，或请知识管理员补上。");
    fill(found, told.degraded ? h("li", { class: "notice warn" }, "检索暂时不可用，现在按标题和正文粗查。") : null, ...(told.items.length ? told.items.map(line) : [none]));
  } catch (error) {
    fill(found, h("li", {}, failed(error, search)));
  }
}

async function list(name) {
  state = name;
  try {
    const told = await call("GET", `/kb/articles?state=${name}`);
    fill(found, ...(told.items.length ? told.items.map(line) : [h("li", { class: "quiet empty" }, "这个状态下没有条目。")]));
    paintStates(told.counts);
  } catch (error) {
    fill(found, h("li", {}, failed(error, () => list(name))));
  }
}

// Opens on what is to be done: the first state that holds anything.
async function firstFilled() {
  await list("draft");
  const filled = all("[data-state]").find((button) => Number(one(".count", button).textContent));
  if (filled && filled.dataset.state !== state) await list(filled.dataset.state);
}

function paintStates(counts = {}) {
  for (const button of all("[data-state]")) {
    button.setAttribute("aria-pressed", String(button.dataset.state === state));
    if (button.dataset.state in counts) one(".count", button).textContent = String(counts[button.dataset.state]);
  }
}

// --- reading ---

async function open(code) {
  fill(shown, skeleton());
  try {
    const told = await call("GET", manages ? path(code) : `/api/v1/kb/articles/${encodeURIComponent(code)}`);
    paint(told, (await houses).get(told.department) ?? told.department);
  } catch (error) {
    fill(shown, failed(error, () => open(code)));
  }
}

const meta = (told, house) => [told.code, told.state_label, house, told.area, told.effective && `${told.effective} 起`, told.expires && `至 ${told.expires}`, told.updated_at && `${momentWords(told.updated_at)} 更新`].filter(Boolean).join(" · ");

function paint(told, house) {
  const steps = (told.steps ?? []).map((name) => h("button", { type: "button", class: "button", data: { step: name }, onclick: () => move(told, name) }, STEPS[name]));
  const edit = keeps ? h("button", { type: "button", class: "button", onclick: () => write(told) }, "修改") : null;
  const earlier = (told.revisions ?? []).slice(1);
  fill(
    shown,
    h("h2", {}, told.title),
    h("p", { class: "small quiet" }, meta(told, house)),
    h("div", { class: "said" }, told.body),
    manages ? h("p", { class: "foot" }, edit, steps) : null,
    earlier.length ? h("details", { class: "part" }, h("summary", {}, `以前的 ${earlier.length} 个版本`), earlier.map((row) => h("article", { class: "reply" }, h("p", { class: "small quiet" }, `第 ${row.version} 版 · ${people(row.by)} · ${momentWords(row.at)}`), h("b", {}, row.title), h("p", { class: "said" }, row.body)))) : null,
  );
}

async function move(told, step) {
  try {
    await call("POST", `${path(told.code)}/${step}`, { version: told.version });
    tellDone(`✓ ${told.code} 已${STEPS[step]}`);
    await Promise.all([open(told.code), state ? list(state) : null]);
  } catch (error) {
    shown.prepend(h("div", { class: "notice bad", role: "alert" }, error.message));
  }
}

// --- writing ---

const FIELDS = [
  { name: "code", label: "编号", hint: "发布后不再改" },
  { name: "title", label: "标题", hint: "用市民的问法" },
  { name: "body", label: "正文", long: true },
  { name: "department", label: "部门代码（可不填）" },
  { name: "area", label: "区域（可不填，不填即全市）" },
  { name: "effective", label: "生效日期（可不填）", day: true },
  { name: "expires", label: "失效日期（可不填）", day: true },
];

function field({ name, label, hint, long, day }, told) {
  const props = { id: `kb-${name}`, name, required: ["code", "title", "body"].includes(name) };
  const node = long ? h("textarea", { ...props, rows: "16" }) : h("input", { ...props, type: day ? "date" : "text", readonly: name === "code" && told.version ? "" : null });
  node.value = told[name] ?? "";
  return h("div", { class: "field" }, h("label", { for: props.id }, label), hint ? h("p", { class: "hint" }, hint) : null, node);
}

async function write(told) {
  const form = h(
    "form",
    { class: "stack", onsubmit: (event) => (event.preventDefault(), save(form, told)) },
    h("h2", {}, told.version ? `修改 ${told.code}` : "写新条目"),
    told.state === "published" ? h("p", { class: "notice warn" }, "保存后这一条回到草稿，审核发布前查不到。") : null,
    FIELDS.map((one) => field(one, told)),
    h("p", { class: "foot" }, h("button", { type: "submit", class: "button main" }, "存为草稿")),
  );
  fill(shown, form);
  form.draft = await keep(form, `kb-${(told.code ?? "new").replace(/[^A-Za-z0-9_-]/g, "_")}`);
}

async function save(form, told) {
  const values = Object.fromEntries(new FormData(form));
  try {
    const made = await call("PUT", "/kb/articles", { ...values, kind: told.kind ?? "answer", version: told.version ?? 0 });
    await form.draft?.clear();
    tellDone(`✓ ${made.code} 已存为草稿`);
    await Promise.all([open(made.code), list("draft")]);
  } catch (error) {
    const placed = showWrong(form, error.fields);
    if (!placed) form.prepend(h("div", { class: "notice bad", role: "alert" }, error.message));
  }
}

one("#search").addEventListener("submit", (event) => (event.preventDefault(), search()));
one("#q").addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(search, 300);
});
for (const button of all("[data-state]")) button.addEventListener("click", () => list(button.dataset.state));
one("#fresh")?.addEventListener("click", () => write({ version: 0 }));
bell();
if (manages) firstFilled();
const wanted = new URLSearchParams(location.search).get("open");
if (wanted) open(wanted);
