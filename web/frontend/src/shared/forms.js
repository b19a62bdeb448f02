// A step's form from a table of its fields: label, hint, kind; one draft per form.
//
// formOf(step, { title, go, fields }, send) builds it; a field is { name, label, kind, hint, needed, choices, rows }.
// valuesGiven(form, fields) is what the step is given: texts trimmed, empty optional ones left out, booleans real.

import { h } from "./dom.js";
import { kbd } from "./keys.js";

const id = (field) => `f-${field.name}`;

const KINDS = {
  text: (field) => h("input", { id: id(field), name: field.name, required: field.needed, autocomplete: "off" }),
  number: (field) => h("input", { id: id(field), name: field.name, type: "number", min: field.least, max: field.most, required: field.needed }),
  moment: (field) => h("input", { id: id(field), name: field.name, type: "datetime-local" }),
  long: (field) => h("textarea", { id: id(field), name: field.name, rows: String(field.rows ?? 4), required: field.needed }),
  select: (field) => h("select", { id: id(field), name: field.name, required: field.needed }, field.choices.map(([value, label]) => h("option", { value }, label))),
};

const radio = (field) =>
  h(
    "fieldset",
    { class: "field" },
    h("legend", {}, field.label),
    h(
      "div",
      { class: "row" },
      field.choices.map(([value, label]) => h("label", { class: "choice" }, h("input", { type: "radio", name: field.name, value, required: field.needed }), label)),
    ),
  );

const plain = (field) =>
  h(
    "div",
    { class: "field" },
    h("label", { for: id(field) }, field.label),
    field.hint ? h("p", { class: "hint" }, field.hint) : null,
    KINDS[field.kind](field),
    h("div", { class: "checks-live", data: { of: field.name }, "aria-live": "polite" }),
  );

export function formOf(name, { title, go, fields }, send, leave) {
  return h(
    "form",
    { class: "step-form stack", data: { step: name }, onsubmit: (event) => (event.preventDefault(), send()) },
    h("h3", {}, title),
    fields.map((field) => (field.kind === "radio" ? radio(field) : plain(field))),
    h(
      "p",
      { class: "foot" },
      leave ? h("button", { type: "button", class: "button", onclick: leave }, "收起", kbd("Esc")) : null,
      h("button", { type: "submit", class: "button main" }, go, kbd("Ctrl+Enter")),
    ),
  );
}

const READ = {
  number: (value) => Number(value),
  moment: (value) => `${value}:00+08:00`,
  radio: (value) => (value === "true" ? true : value === "false" ? false : value),
};

export function valuesGiven(form, fields) {
  const data = new FormData(form);
  const pairs = fields.map((field) => [field, String(data.get(field.name) ?? "").trim()]).filter(([, value]) => value !== "");
  return Object.fromEntries(pairs.map(([field, value]) => [field.name, (READ[field.kind] ?? ((text) => text))(value)]));
}
