// SPDX-License-Identifier: GPL-3.0-or-later
// All tests of the demo, in one process: they share one stack and one browser.

import '../../tests/lib/end.mjs';
import './run.test.mjs';
import './unpack.test.mjs';
import './record.test.mjs';
import './sources.test.mjs';
import './recordings.test.mjs';
import './stretch.test.mjs';
import './tracks.test.mjs';
import './list.test.mjs';
import './client.test.mjs';
import './types.test.mjs';
import './lost.test.mjs';
import './operator.test.mjs';
import './rooms.test.mjs';
import './failures.test.mjs';
import './hls.test.mjs';
import './looks.test.mjs';
