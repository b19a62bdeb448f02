// Pages whose forms the server draws: each form has a draft, which goes when the server has taken it.

import { keep } from "../shared/drafts.js";
import { bell } from "../shared/notices.js";

const SENT = "sent-form";
const forms = [...document.querySelectorAll("form[data-draft]")];
const sent = sessionStorage.getItem(SENT);
sessionStorage.removeItem(SENT);
if (sent && document.querySelector("[data-done]")?.dataset.done) await (await keep(document.createElement("form"), sent)).clear();
for (const form of forms) {
  keep(form, form.dataset.draft);
  form.addEventListener("submit", () => sessionStorage.setItem(SENT, form.dataset.draft));
}
bell();
