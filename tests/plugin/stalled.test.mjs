// SPDX-License-Identifier: GPL-3.0-or-later
// Requests that wait for a disk that stands still: a file system of the test's own, frozen (fsfreeze), where no file can be made.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, temporaryFolder } from '../lib/process.mjs';
import { sleep, until } from '../lib/wait.mjs';
import { filesIn, newHandle, newJanus, offer } from './stage.mjs';

const skip = !process.env.TSR_MOUNTS ? 'needs mounts of its own' : process.getuid() !== 0 ? 'needs root for a loop device' : false;
const [EXISTS, LIMIT] = [612, 617];

async function command(...words) {
	const { code, stderr } = await run(words[0], words.slice(1));
	assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
}

/** A Janus whose recordings lie on an ext4 of their own, and how that is frozen and thawed. */
async function janusOnOwnDisk(t) {
	const folder = temporaryFolder('stalled');
	const disk = join(folder, 'recordings');
	mkdirSync(disk);
	await command('truncate', '--size=32M', join(folder, 'image'));
	await command('mkfs.ext4', '-q', join(folder, 'image'));
	await command('mount', '-o', 'loop', join(folder, 'image'), disk);
	t.after(() => run('fsfreeze', ['--unfreeze', disk])); // before Janus ends, which may wait for it
	const janus = await newJanus(t, { folder, config: 'min_free_space = 0' });
	t.after(async () => {
		await janus.stop('SIGKILL');
		await run('umount', [disk]);
	});
	return { janus, freeze: () => command('fsfreeze', '--freeze', disk), thaw: () => command('fsfreeze', '--unfreeze', disk) };
}

/** What came of it within so many ms, or 'nothing yet'. */
const soon = (promise, ms) => Promise.race([promise.then(() => 'an answer', () => 'an error'), sleep(ms).then(() => 'nothing yet')]);

test('a disk that stands still holds up the handle that records there, and nobody else', { timeout: 60_000, skip }, async (t) => {
	const { janus, freeze, thaw } = await janusOnOwnDisk(t);
	const [handle, other] = [await newHandle(t, janus), await newHandle(t, janus)];
	await freeze();
	const record = handle.request({ request: 'record', id: 'waits' }, offer());
	assert.equal(await soon(record, 500), 'nothing yet');

	// 16 requests of the handle wait, `record` among them, and no more; Janus may hand them over in another order.
	const outcomes = [];
	const configures = Array.from({ length: 16 }, () => handle.request({ request: 'configure', name: 'later' })
		.then(({ data }) => outcomes.push(data.result.status), (error) => outcomes.push(error.message)));
	await until('one to be refused', () => outcomes.length > 0);
	await sleep(200);
	assert.deepEqual(outcomes, [`${LIMIT}: 16 requests of this handle are waiting already`]);

	// What only reads is answered, and so is another handle.
	assert.ok((await handle.request({ request: 'status' })).data);
	assert.deepEqual((await other.request({ request: 'list' })).data.recordings.filter(({ id }) => id !== 'waits'), []);

	await thaw();
	assert.equal((await record).data.result.status, 'starting');
	await Promise.all(configures);
	assert.deepEqual(outcomes.slice(1), Array(15).fill('configured'));
	await handle.request({ request: 'stop' });
	assert.equal((await handle.event('finished')).id, 'waits');
});

for (const how of ['hangup', 'detach'])
	test(`${how} while a recording waits for its disk`, { timeout: 60_000, skip }, async (t) => {
		const { janus, freeze, thaw } = await janusOnOwnDisk(t);
		const handle = await newHandle(t, janus);
		await freeze();
		const record = handle.request({ request: 'record', id: 'gone' }, offer());
		record.catch(() => {}); // a handle that is gone hears nothing more
		assert.equal(await soon(record, 500), 'nothing yet');
		await handle[how]();
		await thaw();
		if (how === 'hangup') {
			const { data, jsep } = await record;
			assert.deepEqual([data.result.status, jsep], ['starting', undefined], 'an answer, for no PeerConnection');
			assert.equal((await handle.event('finished')).reason, how);
		}
		// Once it has ended its id is free, and nothing of it is left.
		const again = await until('its id to be free', async () => {
			const handle = await newHandle(t, janus);
			const refusal = await handle.request({ request: 'record', id: 'gone' }, offer()).then(() => null, ({ code }) => code);
			assert.ok(refusal === null || refusal === EXISTS, `${refusal}`);
			return refusal === null && handle;
		});
		await again.request({ request: 'stop' });
		assert.equal((await again.event('finished')).reason, 'stop');
		assert.deepEqual(filesIn(janus.recordings), ['lost+found']);
	});
