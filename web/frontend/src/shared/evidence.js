// What stands beside the matter: the look at a person who stays unknown, and the photos and documents of the case.

import { gallery } from "./attachments.js";
import { call } from "./http.js";
import { fill, h } from "./dom.js";
import { look } from "./person.js";

const base = (told) => `/api/v1/cases/${encodeURIComponent(told.number)}/attachments`;

// The centre opens a file for the departments once it has seen that nothing of the person is in it.
function release(told, item) {
  const go = (event) =>
    call("POST", `${base(told)}/${item.id}/release`, {}).then(
      () => (event.target.replaceWith(h("span", { class: "small" }, "✓ 部门可以打开了"))),
      (error) => event.target.after(h("span", { class: "wrong", role: "alert" }, error.message)),
    );
  return h("p", { class: "small" }, `${item.name || "文件"}：`, h("button", { type: "button", class: "button", onclick: go }, "没有身份信息，开放给部门"));
}

export function evidence(told) {
  const items = told.attachments ?? [];
  const centre = told.citizen.may_look && told.confidential;
  const waiting = centre ? items.filter((item) => item.open && !item.released && item.purpose !== "reply" && item.purpose !== "contact") : [];
  const place = h("div", {});
  const paint = () => fill(place, gallery(items, { path: (item) => `${base(told)}/${item.id}` }));
  paint();
  return [
    told.citizen.may_look ? look(told, paint) : null,
    items.length ? h("section", { class: "part" }, h("h3", {}, `照片和文件（${items.length}）`), place, waiting.map((item) => release(told, item))) : null,
  ];
}
