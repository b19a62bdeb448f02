// Settings: users filtered while typing, their phones, and how the connected parts are.

import { call } from "../shared/http.js";
import { all, fill, h, one } from "../shared/dom.js";
import { bell } from "../shared/notices.js";

const find = one("#find");
find.addEventListener("input", () => {
  const words = find.value.trim().toLowerCase();
  for (const row of all("#people tr")) row.hidden = ![row.textContent, one("input", row)?.value ?? ""].some((text) => text.toLowerCase().includes(words));
});

// A phone's new address counts from the next call on.
async function place(field) {
  const says = field.nextElementSibling;
  try {
    const told = await call("POST", `/admin/users/${encodeURIComponent(field.dataset.user)}/phone`, { phone_uri: field.value.trim() });
    field.value = told.phone_uri;
    field.removeAttribute("aria-invalid");
    says.className = "small good";
    says.textContent = "✓ 已保存，从下一个来电起生效";
  } catch (error) {
    field.setAttribute("aria-invalid", "true");
    says.className = "small bad";
    says.textContent = `■ ${error.message}`;
  }
}
for (const field of all("#people input[data-user]")) field.addEventListener("change", () => place(field));

const NAMES = {
  database: "数据库",
  postgres: "数据库",
  redis: "消息与缓存",
  search: "全文检索",
  worker: "后台任务",
  beat: "定时任务",
  classifier: "分类器",
  telephone: "电话",
  telephony: "电话",
  sweep: "后台巡检",
  relay: "事件转发",
  courier: "送达部门系统",
  distribution: "来电分配",
};

const said = (part) => (typeof part === "string" ? part : [part.detail, part.version, part.address, part.advice].filter((text) => typeof text === "string" && text).join(" · "));
const isUp = (part) => (typeof part === "string" ? part === "up" : Boolean(part.up ?? part.ok ?? part.ready));

// /readyz answers 503 with the same JSON when a part is down.
async function parts() {
  const box = one("#parts-list");
  try {
    const answer = await fetch("/readyz", { headers: { Accept: "application/json" } });
    const told = await answer.json();
    const listed = Array.isArray(told.parts) ? told.parts.map((part) => [part.name ?? part.part, part]) : Object.entries(told.parts ?? told);
    const row = ([name, part]) => h("li", {}, h("b", { class: isUp(part) ? "good" : "bad" }, isUp(part) ? "✓ 正常 " : "■ 不可用 "), NAMES[name] ?? name, h("span", { class: "quiet" }, ` ${said(part)}`));
    fill(box, h("ul", { class: "plain" }, listed.filter(([, part]) => part && typeof part === "object").map(row)));
  } catch {
    fill(box, h("p", { class: "notice bad" }, "读不到部件的状态。已在运行的业务不受影响。"), h("button", { type: "button", class: "button", onclick: parts }, "重新读取"));
  }
}
bell();
parts();
