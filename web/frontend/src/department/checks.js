// The reply's form looks at the public text as the review will, and asks for a reason where nothing was solved. Advice,
// not refusal: the review decides.

import { one } from "../shared/dom.js";
import { liveCheck } from "../shared/reply-check.js";

export function replyChecks(form, told) {
  const reason = form.elements.reason;
  const ask = () => {
    reason.required = form.elements.solved.value === "false";
    reason.closest(".field").hidden = !reason.required;
  };
  liveCheck(form.elements.public, one('[data-of="public"]', form), told.number);
  form.addEventListener("input", ask);
  form.addEventListener("change", ask);
  ask();
}
