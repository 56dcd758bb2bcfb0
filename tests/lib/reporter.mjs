// SPDX-License-Identifier: GPL-3.0-or-later
// How node:test tells its results here: a line for each test, its figures below it, and the totals as the last line, also when
// the program is ended before node:test does it (end.mjs).

import { writeSync } from 'node:fs';

const count = { passed: 0, failed: 0, skipped: 0 };
let told = false;

/** The last line. What made node end badly and was no test's failure is one. */
function totals() {
	const failed = count.failed || (process.exitCode ? 1 : 0);
	return `${count.passed} passed, ${failed} failed, ${count.skipped} skipped\n`;
}

// Thrown where nobody awaits it, in a test or when it was over: told when it happens, for node calls no test failed that was over.
const tellError = (error) => writeSync(1, `ERROR that nobody awaited: ${error?.stack ?? error}\n`);
process.on('uncaughtExceptionMonitor', tellError);
process.on('unhandledRejection', tellError);
process.on('exit', () => {
	if (!told)
		writeSync(1, totals());
});

export default async function* reporter(source) {
	for await (const { type, data } of source) {
		switch (type) {
		case 'test:diagnostic':
			if (data.nesting > 0 || !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message))
				yield `    ${data.message}\n`;
			break;
		case 'test:pass':
		case 'test:fail': {
			// A suite is its tests; what counts is a hook of its own that failed.
			if (data.details?.type === 'suite' && [undefined, 'subtestsFailed'].includes(data.details.error?.failureType))
				break;
			if (data.skip === 'test name does not match pattern')
				break;
			const skipped = data.skip !== undefined && data.skip !== false;
			const result = skipped ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed';
			count[result]++;
			const mark = { passed: 'ok     ', failed: 'FAILED ', skipped: 'skipped' }[result];
			const why = typeof data.skip === 'string' ? ` (${data.skip})` : '';
			yield `${mark} ${data.name}${why} (${(data.details.duration_ms / 1000).toFixed(1)} s)\n`;
			if (result === 'failed') {
				const error = data.details.error?.cause ?? data.details.error;
				yield `${error?.stack ?? error}`.trim().replace(/^/gm, '    ') + '\n';
			}
			break;
		}
		}
	}
	told = true;
	yield totals();
}
