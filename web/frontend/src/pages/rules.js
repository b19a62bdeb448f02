// Changing the rules: a year in a picture of twelve months, typed forms that are never lost, and progress of what runs.

import { call } from "../shared/http.js";
import { all, composing, one } from "../shared/dom.js";
import { forget, keep } from "../shared/drafts.js";
import { bell } from "../shared/notices.js";

const LOOK_MS = 1000;
const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const SAID = { off: "放假", work: "调休上班" };

// --- the year ---

// What a click makes of a day: work → holiday → work; weekend → make-up day → holiday → weekend.
function next(day) {
  if (day.dataset.rest) return { "": "work", work: "off", off: "" }[day.dataset.sort];
  return day.dataset.sort === "off" ? "" : "off";
}

function words(day) {
  const [year, month, number] = day.dataset.day.split("-").map(Number);
  const weekday = "日一二三四五六"[new Date(Date.UTC(year, month - 1, number)).getUTCDay()];
  const sort = SAID[day.dataset.sort] ?? (day.dataset.rest ? "周末" : "上班");
  return `${month}月${number}日 星期${weekday} ${sort} ${day.dataset.name}`.trim();
}

function year(form) {
  const days = all("#months button");
  const outside = JSON.parse(one("#outside").content.textContent);
  const said = one("#said");
  const tell = (day) => {
    day.setAttribute("aria-label", words(day));
    said.textContent = words(day);
  };
  const turn = (day, sort = next(day), name = one("#festival").value.trim()) => {
    day.dataset.sort = sort;
    day.dataset.name = sort ? name : "";
    tell(day);
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const go = (day) => {
    for (const other of days) other.tabIndex = other === day ? 0 : -1;
    day.focus();
    tell(day);
  };
  one("#months").addEventListener("click", (event) => {
    const day = event.target.closest("button");
    if (!day) return;
    go(day);
    turn(day);
  });
  one("#months").addEventListener("keydown", (event) => {
    if (composing(event) || !(event.key in ARROWS)) return;
    const there = days[days.indexOf(event.target) + ARROWS[event.key]];
    if (!there) return;
    event.preventDefault();
    go(there);
  });
  days[0].tabIndex = 0;
  const named = () => days.filter((day) => day.dataset.sort).map((day) => [day.dataset.day, day.dataset.sort, day.dataset.name]);
  form.addEventListener("submit", () => (form.elements.days.value = JSON.stringify([...outside, ...named()])));
  const texts = ["title", "source", "reason", "valid_from"];
  return {
    read: () => ({ days: named(), ...Object.fromEntries(texts.map((name) => [name, form.elements[name].value])) }),
    write: (_form, kept) => {
      for (const name of texts) form.elements[name].value = kept[name] ?? "";
      const sorts = new Map(kept.days.map(([day, sort, name]) => [day, [sort, name]]));
      for (const day of days) turn(day, ...(sorts.get(day.dataset.day) ?? ["", ""]));
    },
  };
}

// --- the profile: a number that changed asks for its ground ---

function doubt(form) {
  form.addEventListener("change", (event) => {
    const row = event.target.closest(".rule-rows tr");
    if (!row || event.target.type === "checkbox") return;
    const changed = all("input.amount, select:not(.mark)", row).some((field) => (field.tagName === "SELECT" ? ![...field.options].some((option) => option.selected && option.defaultSelected) : field.value !== field.defaultValue));
    const mark = one("select.mark", row);
    const same = [...mark.options].some((option) => option.selected && option.defaultSelected && option.value !== "A");
    row.classList.toggle("doubt", changed && same);
    mark.title = changed && same ? "数值改了，依据还是原来的：请核对" : "";
  });
}

// --- progress ---

async function follow(box) {
  const told = await call("GET", `${location.pathname.replace(/\/$/, "")}/progress`).catch(() => null);
  const job = told?.[box.dataset.job];
  if (job) {
    one(".done", box).textContent = job.done;
    one(".total", box).textContent = job.total;
    Object.assign(one("progress", box), { max: job.total || 1, value: job.done });
  }
  if (job && !job.running) location.reload();
  else setTimeout(follow, LOOK_MS, box);
}

function prepare(form) {
  if (form.id === "year") return keep(form, `year-${form.dataset.year}`, year(form));
  doubt(form);
  return keep(form, form.dataset.draft);
}

const form = one("#year, #policy");
if (form) prepare(form);
const arrived = one("[data-arrived]");
if (arrived) {
  forget(arrived.dataset.arrived);
  for (const box of all('.progress[data-running="yes"]')) setTimeout(follow, LOOK_MS, box);
}
bell();
