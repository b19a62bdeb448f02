// The supervisor's page of calls: seats (listen, whisper, barge, take over, force), quality review, marks, the log.

import { call } from "../shared/http.js";
import { all, fill, h, one, showWrong } from "../shared/dom.js";
import { keys } from "../shared/keys.js";
import { live } from "../shared/socket.js";
import { bell } from "../shared/notices.js";
import { momentWords } from "../shared/time.js";
import { checks, countChecks } from "../calls/checks.js";
import { marks } from "../calls/marks.js";
import { notes } from "../calls/notes.js";
import { player } from "../calls/sound.js";

const place = one("#calls");
const said = one("#said");
const acting = Boolean(place.dataset.acting);
const STATUSES = place.dataset.statuses.split(",").map((value, index) => [value, place.dataset.labels.split(",")[index]]);
const OVER = [["listen", "旁听"], ["whisper", "耳语"], ["barge", "插话"], ["off", "停止旁听"], ["take_over", "接管"]];
const tab = () => new URLSearchParams(location.search).get("tab") || "seats";
const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function tell(text, bad = false) {
  said.hidden = !text;
  said.textContent = text;
  said.className = bad ? "notice bad" : "notice";
}

async function doing(work, done = "") {
  tell("");
  try {
    await work();
    tell(done);
  } catch (error) {
    tell(error.message, true);
    return error;
  }
  return null;
}

// --- seats ---

function seatRow(seat) {
  const talks = seat.state === "talking";
  const orders = OVER.map(([order, label]) => h("button", { type: "button", class: "button", disabled: !talks, onclick: () => over(seat, order, label) }, label));
  return h("tr", { data: { user: seat.user } }, [
    h("th", { scope: "row" }, seat.name, h("small", { class: "quiet" }, ` ${seat.user}`)),
    h("td", {}, `${seat.status_label}${seat.reason ? `（${seat.reason}）` : ""}`),
    h("td", {}, `${seat.state_label} ${minutes(seat.seconds)}`),
    h("td", {}, acting ? h("span", { class: "row" }, orders) : "—"),
    h("td", {}, acting ? force(seat) : "—"),
  ]);
}

function over(seat, order, label) {
  if (order === "take_over" && !confirm(`接管后 ${seat.name} 将退出这个通话，由您继续与市民通话。`)) return;
  doing(() => call("POST", `/api/v1/calls/${encodeURIComponent(seat.call)}/control`, { do: order }), `${label}：已发出，请留意您的话机。`);
}

function force(seat) {
  const status = h("select", { name: "status", "aria-label": `${seat.name} 的状态` }, STATUSES.map(([value, label]) => h("option", { value, selected: value === seat.status }, label)));
  const reason = h("input", { name: "reason", required: true, maxLength: 30, placeholder: "原因（坐席可见）", "aria-label": "原因" });
  const go = (event) => {
    event.preventDefault();
    doing(async () => {
      await call("POST", `/api/v1/seats/${encodeURIComponent(seat.user)}`, { status: status.value, reason: reason.value });
      await paint();
    }, `已更改 ${seat.name} 的状态，坐席已看到。`);
  };
  return h("form", { class: "row", onsubmit: go }, status, reason, h("button", { type: "submit", class: "button" }, "更改"));
}

async function seats() {
  const told = await call("GET", "/calls/seats");
  if (!told.items.length) return h("p", { class: "quiet empty" }, "现在没有人签入。");
  return table(["坐席", "状态", "话机", "旁听与接管", "更改状态"], told.items.map(seatRow));
}

const table = (heads, rows) => h("table", { class: "wide" }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, rows));

// --- quality ---

function drawn(item) {
  const facts = `${momentWords(item.invite_at)} · ${item.agent} · 通话 ${minutes(item.seconds)}${item.rating ? ` · 市民评 ${item.rating}` : ""}${item.case ? ` · 诉求 ${item.case}` : " · 没有登记诉求"}`;
  return h("li", { class: "part", data: { call: item.call } }, h("p", {}, facts), item.recording ? player(item.call) : null, item.at ? found(item) : acting ? sheet(item) : null);
}

const found = (item) => h("p", {}, h("b", { class: "figure" }, `${item.score} 分`), ` ${item.note}`, h("small", { class: "quiet" }, ` ${item.by} ${momentWords(item.at)}`));

function sheet(item) {
  const form = one("#sheet").content.firstElementChild.cloneNode(true);
  const marks = all("input[type=number]", form);
  const [sum, note] = [one("[name=sum]", form), one("[name=note]", form)]; // an item may be called "elements"
  form.addEventListener("input", () => (sum.value = marks.reduce((sum, field) => sum + (Number(field.value) || 0), 0)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const points = Object.fromEntries(marks.map((field) => [field.name, Number(field.value)]));
    const wrong = await doing(() => call("POST", `/calls/quality/${encodeURIComponent(item.call)}`, { points, note: note.value }), "质检已提交，坐席可以看到。");
    if (wrong) showWrong(form, wrong.fields ?? {});
    else await paint();
  });
  return form;
}

async function quality(done) {
  const told = await call("GET", `/calls/quality${done ? "?done=1" : ""}`);
  const means = told.means.length ? h("p", {}, told.means.map((row) => `${row.agent} ${row.mean} 分（${row.count} 通）`).join(" · ")) : null;
  const empty = done ? "还没有质检过的通话。" : "没有等待质检的通话。系统按比例抽取已接听的通话。";
  return h("div", {}, done ? means : null, told.items.length ? h("ul", { class: "plain" }, told.items.map(drawn)) : h("p", { class: "quiet empty" }, empty));
}

// --- marks, checks, notes and the log ---

const closed = async (text, bad = false) => {
  if (!bad) await paint();
  tell(text, bad);
};

async function log() {
  const told = await call("GET", "/api/v1/acts");
  const row = (act) => h("tr", {}, [h("td", {}, momentWords(act.at)), h("td", {}, act.by), h("td", {}, act.label), h("td", {}, act.agent ?? "—"), h("td", {}, act.reason || "—")]);
  return told.items.length ? table(["时间", "谁", "做了什么", "坐席", "原因"], told.items.map(row)) : h("p", { class: "quiet empty" }, "还没有记录。");
}

const SHOWN = {
  seats,
  checks: () => checks({ acting, done: closed }),
  quality: () => quality(false),
  scored: () => quality(true),
  marks: () => marks({ acting, doing, repaint: paint, table }),
  notes: () => notes({ acting, done: closed, table }),
  acts: log,
};

async function paint() {
  for (const link of all("[data-tab]")) {
    if (link.dataset.tab === tab()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  countChecks(one("#open-checks"));
  try {
    const shown = await SHOWN[tab()]();
    touched = false;
    fill(place, shown);
  } catch (error) {
    fill(place, h("p", { class: "notice bad", role: "alert" }, error.message));
  }
}

// A form half filled in, or a recording that plays, is not painted over.
let touched = false;
place.addEventListener("input", () => (touched = true));
const occupied = () => touched || one("audio", place);
async function again() {
  if (tab() !== "seats" || occupied()) return;
  const shown = await seats().catch(() => null); // the next reading tells what is wrong, if it still is
  if (shown && !occupied()) fill(place, shown);
}
keys([]);
live("/desk", { changed: again, seat: again, call: again }, { again });
setInterval(again, 5000);
await paint();
bell();
