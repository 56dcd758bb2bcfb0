// SPDX-License-Identifier: GPL-3.0-or-later
// All end-to-end tests, one after the other: they measure time, and must not take it from each other.

import '../lib/end.mjs';
import './codecs.test.mjs';
import './life.test.mjs';
import './badInput.test.mjs';
import './aiortc.test.mjs';
import './busy.test.mjs';
import './cameras.test.mjs';
import './change.test.mjs';
import './firefox.test.mjs';
import './loss.test.mjs';
import './plugins.test.mjs';
import './rooms.test.mjs';
