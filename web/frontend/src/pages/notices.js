// For pages that have no script of their own: the bell in the top line.

import { bell } from "../shared/notices.js";

bell();
