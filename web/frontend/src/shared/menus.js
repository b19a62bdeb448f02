// Menus that drop down: opening one closes the others, Esc closes the open one and goes back to its button.

import { all, composing, one } from "./dom.js";

const OPEN = "details.menu[open]";

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.matches(OPEN)) return;
    for (const menu of all(OPEN)) if (menu !== target) menu.open = false;
  },
  true, // toggles do not bubble
);

document.addEventListener(
  "keydown",
  (event) => {
    const menu = one(OPEN);
    if (!menu || event.key !== "Escape" || composing(event)) return;
    const inside = menu.contains(document.activeElement) || document.activeElement === document.body;
    menu.open = false;
    if (inside) one("summary", menu).focus();
    event.preventDefault();
    event.stopImmediatePropagation(); // only this is closed
  },
  true,
);
