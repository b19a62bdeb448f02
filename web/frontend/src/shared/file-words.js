// The words of the picker and the gallery on the citizens' pages, in the reader's language.

import { WORDS } from "./attachments.js";
import { t } from "./tongue.js";

export const fileWords = () => Object.fromEntries(Object.entries(WORDS).map(([name, word]) => [name, t(word)]));
