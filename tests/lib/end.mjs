// SPDX-License-Identifier: GPL-3.0-or-later
// Imported by a part's main: when its tests are over, it ends, and with it its children (see process.mjs). What a test that failed
// left behind, a peer or a socket, would keep node running until somebody's limit.

import { after } from 'node:test';

after(() => setTimeout(() => process.exit(), 3_000).unref());
