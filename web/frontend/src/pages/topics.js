// Hot topics: each example opens its case in a door over the page; the address keeps it, so it can be sent on.

import { all, one } from "../shared/dom.js";
import { doorway } from "../board/door.js";
import { bell } from "../shared/notices.js";

const box = one("#door");
const { openCase } = doorway(box);
const asked = new URLSearchParams(location.search).get("open");

for (const link of all("a[data-case]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(null, "", link.href);
    openCase(link.dataset.case);
  });
}
box.addEventListener("close", () => history.replaceState(null, "", location.pathname));
if (asked) openCase(asked);
bell();
