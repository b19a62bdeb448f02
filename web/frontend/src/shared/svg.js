// Charts as SVG built by the DOM: attributes and classes only, no inline style.

const NS = "http://www.w3.org/2000/svg";

export function s(tag, props = {}, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(props)) if (value !== null && value !== undefined) node.setAttribute(name, String(value));
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
