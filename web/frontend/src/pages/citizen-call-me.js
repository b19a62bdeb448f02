// Call me: what it is about may be spoken instead of typed, where the browser listens.

import { one } from "../shared/dom.js";
import { dictate } from "../shared/dictate.js";
import { english, t } from "../shared/tongue.js";

const field = one("#words");
if (field) dictate(field, { lang: english ? "en-US" : "zh-CN", words: { start: t("说给它听"), stop: t("■ 停下") } });
