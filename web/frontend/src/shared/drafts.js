// Nothing typed is ever lost: a draft per form, in the browser at once, on the server within two seconds.

import { call, user } from "./http.js";
import { h } from "./dom.js";
import { momentWords, now } from "./time.js";
import { t } from "./tongue.js";

const SERVER_AFTER = 1500;
const OLDEST = 14 * 24 * 3600_000;
const place = (form) => `draft:${user()}:${form}`;
const path = (form) => `/drafts/${encodeURIComponent(form)}`;

// localStorage may be off or full: then the server's copy is the only one.
function local(work) {
  try {
    return work(window.localStorage);
  } catch {
    return null;
  }
}

const readLocal = (form) => JSON.parse(local((store) => store.getItem(place(form))) ?? "null");
const writeLocal = (form, kept) => local((store) => store.setItem(place(form), JSON.stringify(kept)));

async function readServer(form) {
  try {
    const { body, at } = await call("GET", path(form));
    return body ? { values: JSON.parse(body), at } : null;
  } catch {
    return null;
  }
}

const newer = (one, other) => (!one ? other : !other ? one : Date.parse(one.at) >= Date.parse(other.at) ? one : other);

export function valuesOf(form) {
  const fields = [...form.elements].filter((field) => field.name && !["password", "file", "hidden", "submit"].includes(field.type));
  return Object.fromEntries(
    fields.filter((field) => field.type !== "radio" || field.checked).map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]),
  );
}

export function putValues(form, values) {
  for (const field of form.elements) {
    if (!field.name || !(field.name in values)) continue;
    if (field.type === "checkbox") field.checked = Boolean(values[field.name]);
    else if (field.type === "radio") field.checked = field.value === values[field.name];
    else field.value = values[field.name];
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

const empty = (values) => Object.values(values).every((value) => value === "" || value === false);

function offer(form, kept, onTake, onDrop) {
  const bar = h(
    "div",
    { class: "notice row offer", role: "status" },
    h("span", {}, t("您 {when} 填写的内容还在。").replace("{when}", momentWords(kept.at))),
    h("button", { type: "button", class: "button", onclick: () => (onTake(), bar.remove()) }, t("接着填")),
    h("button", { type: "button", class: "button", onclick: () => (onDrop(), bar.remove()) }, t("不要了")),
  );
  form.before(bar);
  return bar;
}

// What was typed has arrived: neither copy is offered any more.
export function forget(name) {
  local((store) => store.removeItem(place(name)));
  return call("DELETE", path(name)).catch(() => null);
}

// keep(form, "submit") watches the form and offers an earlier draft. `read`/`write` may replace how values are taken
// and put back; `same()` says what the untouched form holds. Returns { save, clear }; call clear() after success.
export async function keep(form, name, { read = valuesOf, write = putValues } = {}) {
  const untouched = JSON.stringify(read(form));
  let timer = 0;
  let sent = "";
  let cleared = false;
  const send = () => {
    const kept = readLocal(name);
    const text = JSON.stringify(read(form));
    if (text === sent || cleared || !kept) return;
    sent = text;
    call("PUT", path(name), { body: text }).catch(() => (sent = ""));
  };
  const save = () => {
    cleared = false;
    writeLocal(name, { values: read(form), at: now().toISOString() });
    clearTimeout(timer);
    timer = setTimeout(send, SERVER_AFTER);
  };
  const clear = () => {
    cleared = true;
    clearTimeout(timer);
    return forget(name);
  };
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  window.addEventListener("pagehide", send);
  const here = readLocal(name);
  const kept = newer(here, await readServer(name));
  const fresh = kept && now() - Date.parse(kept.at) < OLDEST;
  if (fresh && !empty(kept.values) && JSON.stringify(kept.values) !== untouched && JSON.stringify(read(form)) === untouched) {
    offer(form, kept, () => write(form, kept.values), clear);
  }
  return { save, clear };
}
