// The board: at the desk all figures at once, each a door; on the wall four pages that turn and stop on a key.

import { call } from "../shared/http.js";
import { all, fill, h, one } from "../shared/dom.js";
import { live } from "../shared/socket.js";
import { bell } from "../shared/notices.js";
import { dayWords, clockWords, now as moment } from "../shared/time.js";
import { now } from "../board/now.js";
import { allRates, promise } from "../board/promise.js";
import { burning } from "../board/burning.js";
import { loop } from "../board/loop.js";
import { doorway } from "../board/door.js";
import { alarms } from "../board/alarms.js";

const TURN = 20_000;
const AT_MOST = 1000; // one reading a second however much happens
const BY_ITSELF = 15_000; // time alone changes figures
const wall = document.documentElement.classList.contains("wall");
const door = wall ? null : doorway(one("#door"));
let period = new URLSearchParams(location.search).get("period") || "month";
let last = {};

// --- reading and drawing ---

const PANELS = {
  now: { path: () => "/board/now", draw: now },
  promise: { path: () => `/board/promise?period=${period}`, draw: promise },
  burning: { path: () => "/board/burning", draw: burning },
  loop: { path: () => `/board/loop?period=${period}`, draw: loop },
};

const open = door
  ? (code) => {
      const rate = [...(last.promise?.rates ?? []), ...(last.now?.rates ?? [])].find((row) => row.code === code);
      door.open(rate?.name ?? code, code, period, last.promise?.doors.includes(code));
    }
  : null;
const openCase = door ? door.openCase : null;
const ways = { wall, open, openCase };

const inside = (name) => one(`#${name} .inside`);

function draw(name) {
  const focused = document.activeElement?.closest?.("[data-figure]")?.dataset.figure;
  fill(inside(name), PANELS[name].draw(last[name], ways));
  if (name === "promise" && !wall) fill(inside("rates"), allRates(last.promise, open));
  if (focused) one(`#${name} [data-figure="${focused}"]`)?.focus();
}

async function read(name) {
  last[name] = await call("GET", PANELS[name].path());
  draw(name);
}

const trouble = (error) => {
  const box = one("#trouble");
  box.hidden = !error;
  box.textContent = error ? `${error.message} 显示的是 ${clockWords((last.now ?? { as_of: moment() }).as_of)} 的数字，正在重试。` : "";
};

async function reread() {
  const done = await Promise.allSettled([...Object.keys(PANELS).map(read), strip()]);
  trouble(done.find((one) => one.status === "rejected")?.reason);
}

let soon = 0;
let lastRead = 0;
function changed() {
  if (soon) return;
  soon = setTimeout(async () => {
    lastRead = Date.now();
    await reread();
    soon = 0;
  }, Math.max(AT_MOST - (Date.now() - lastRead), 0));
}

// --- periods ---

function choose(name) {
  period = name;
  for (const button of all("[data-period]")) button.setAttribute("aria-pressed", String(button.dataset.period === name));
  history.replaceState(null, "", `?period=${name}`);
  changed();
}
for (const button of all("[data-period]")) button.addEventListener("click", () => choose(button.dataset.period));

// --- the wall turns ---

const pages = all(".panel");
let page = 0;
let turning = true;

function show(number) {
  page = (number + pages.length) % pages.length;
  pages.forEach((node, index) => node.classList.toggle("shown", index === page));
  one("#turning").textContent = turning ? "20 秒翻页 · 按任意键停住" : "已停住 · 空格继续，← → 翻页";
  fill(one("#dots"), pages.map((_, index) => h("i", { class: index === page ? "on" : "" }, index === page ? "●" : "○")));
}

function press(event) {
  const steps = { ArrowRight: page + 1, ArrowLeft: page - 1, 1: 0, 2: 1, 3: 2, 4: 3 };
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  turning = event.key === " " ? !turning : false;
  show(steps[event.key] ?? page);
  if (event.key in steps || event.key === " ") event.preventDefault();
}

function startWall() {
  show(0);
  setInterval(() => turning && show(page + 1), TURN);
  setInterval(() => (one("#clock").textContent = `${dayWords(moment())} ${clockWords(moment())}`), 1000);
  document.addEventListener("keydown", press);
}

const strip = alarms(one("#alarms"), one("#sound"));
if (wall) startWall();
else bell();
choose(period);
setInterval(changed, BY_ITSELF);
live("/board", { changed }, { again: changed });
