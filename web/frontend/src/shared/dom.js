// A tiny element builder. Text goes in as text nodes only, so data can never become markup.

// h("p", { class: "quiet", onclick: f, data: { id: 1 } }, "text", node, null)
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) put(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function put(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name in node && typeof value !== "string") node[name] = value;
  else node.setAttribute(name, value);
}

export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

export function fill(node, ...children) {
  node.replaceChildren(...children.flat().filter(Boolean));
  return node;
}

// Errors beside their fields: `fields` is { "citizen.phone": "号码不对" }; a field's name may stand in data-path.
export function showWrong(form, fields) {
  clearWrong(form);
  let first = null;
  for (const [path, saying] of Object.entries(fields)) {
    const field = all("[name]", form).find((node) => (node.dataset.path ?? node.name) === path);
    if (!field) continue;
    const id = `${field.id || field.name}-wrong`;
    const told = h("p", { class: "wrong", id }, saying);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id);
    (field.closest(".field") ?? field.parentElement).append(told);
    first ??= field;
  }
  first?.focus();
  return first !== null;
}

export function clearWrong(form) {
  for (const told of all(".wrong", form)) told.remove();
  for (const field of all("[aria-invalid]", form)) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

// Enter while an input method is composing is never a command.
export const composing = (event) => event.isComposing || event.keyCode === 229;
