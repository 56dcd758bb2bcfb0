// SPDX-License-Identifier: GPL-3.0-or-later
// All tests of the plugin's API and configuration, one file after the other.

import '../lib/end.mjs';
import './parameters.test.mjs';
import './states.test.mjs';
import './offers.test.mjs';
import './access.test.mjs';
import './admin.test.mjs';
import './settings.test.mjs';
import './unnoticed.test.mjs';
import './effects.test.mjs';
import './hls.test.mjs';
import './events.test.mjs';
import './restart.test.mjs';
import './catalogue.test.mjs';
import './stalled.test.mjs';
import './readme.test.mjs';
import './docs.test.mjs';
import './rooms.test.mjs';
import './crowd.test.mjs';
import './load.test.mjs';
