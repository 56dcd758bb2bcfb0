// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration file: the sample tells the truth, and a mistake is told and keeps the plugin from starting.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../lib/signalling.mjs';
import { admin, newHandle, newJanus, offer, pluginName, refused } from './stage.mjs';

const sample = readFileSync(fileURLToPath(new URL('../../conf/janus.plugin.tsrecorder.jcfg.sample', import.meta.url)), 'utf8');

test('the sample has every setting, and its values are the defaults', { timeout: 20_000 }, async (t) => {
	const plain = await newJanus(t);
	const defaults = (await admin(plain, { request: 'configure' })).settings;
	const values = [...sample.matchAll(/^\t#?(\w+) = (.*)$/gm)].map(([, name, value]) => [name, value]);
	const general = values.filter(([name]) => name !== 'recordings_path');
	assert.deepEqual(general.map(([name]) => name).sort(), Object.keys(defaults).filter((name) => name !== 'recordings_path').sort());
	const written = await newJanus(t, { config: general.map(([name, value]) => `${name} = ${value}`).join('\n') });
	const settings = (await admin(written, { request: 'configure' })).settings;
	assert.deepEqual({ ...settings, recordings_path: '' }, { ...defaults, recordings_path: '' });
	t.diagnostic(`${general.length + 1} settings`);
});

test('the sample as it is installed, and with its profile switched on', { timeout: 20_000 }, async (t) => {
	const janus = await newJanus(t);
	await janus.stop();
	const text = sample.replace(/recordings_path = .*/, `recordings_path = "${janus.recordings}"`);
	const profile = text.slice(text.indexOf('#profile-small')).replace(/^#/gm, '');
	for (const content of [text, text + profile]) {
		const again = await newJanus(t, { folder: janus.folder, file: content });
		const { profiles } = await admin(again, { request: 'profiles' });
		assert.deepEqual(profiles.map(({ name }) => name), content === text ? [] : ['small']);
		await again.stop();
	}
});

/** What the plugin wrote into the log about not starting; asserts that it did not start. */
async function complaint(t, options) {
	const janus = await newJanus(t, options);
	const session = await connect(janus.ws);
	t.after(() => session.drop());
	await refused(session.attach(pluginName), 460);
	await janus.stop();
	return janus.log.match(/\[tsrecorder\] Not started, because of the configuration: (.*)/)?.[1] ?? janus.log.match(/\[tsrecorder\] (.*)/)?.[1];
}

const mistakes = [
	['flush_threshold = "4 bananas"', /^general: flush_threshold must be a size from 64KiB to 1GiB, not "4 bananas"$/],
	['flush_threshold = 1', /^general: flush_threshold must be a size/],
	['flush_threshold = -1', /^general: flush_threshold must be a size/],
	['flush_interval = "1 fortnight"', /^general: flush_interval must be a duration from 100ms to 1h or 0, not "1 fortnight"$/],
	['sync = "sometimes"', /^general: sync must be one of data, none, not "sometimes"$/],
	['flush_adaptive = "perhaps"', /^general: flush_adaptive must be true or false/],
	['writers = 1000', /^general: writers must be an integer from 0 to 16, not "1000"$/],
	['writers = "many"', /^general: writers must be an integer/],
	['file_mode = "0999"', /^general: file_mode must be octal permissions/],
	['filename = ""', /^general: filename must be text of 1 to 200 bytes/],
	['filename = "../{id}"', /^general: filename = "\.\.\/\{id\}": filename does not expand to a name that is allowed/],
	['filename = "{idd}"', /^general: filename = "\{idd\}": filename may contain \{id\}/],
	['video_preset = "warp"', /^general: the encoder libx264 does not open with video_preset = "warp"/],
	['video_encoder_options = "no-such-option=1"', /^general: the encoder libx264 does not open with .*video_encoder_options = "no-such-option=1"/],
	['video_codecs = "h264, theora"', /^general: video_codecs must be different names of h264, h265, vp8, vp9, av1/],
	['video_codecs = ""', /^general: video_codecs/],
	['audio_codecs = "h264"', /^general: audio_codecs must be different names of opus/],
	['video_encoder = "libx999"', /^general: this libavcodec lacks libx999, which recording \w+ needs$/],
	['audio_encoder = "nosuch"', /^general: this libavcodec lacks nosuch, which recording \w+ needs$/],
	['video_size = "big"', /^general: video_size must be "source", or WIDTHxHEIGHT/],
	['log_level = "loud"', /^general: log_level must be one of/],
	['colour = "blue"', /^general: "colour" is not known here$/],
	['nested = { a = 1 }', /^general\.nested must be a plain value$/],
	['auto_record = "always"', /^general: auto_record = "always" is neither "off"/],
	['auto_record = "janus.plugin.videoroom: rooms, record"', /^general: auto_record = .* is neither/],
	['auto_record = "janus.plugin.videoroom: both"', /^general: auto_record = .* is neither/],
	['flush_adaptive = true\n\tflush_threshold_min = "8MiB"\n\tflush_threshold_max = "1MiB"', /^general: flush_threshold_min is above flush_threshold_max$/],
	['this is no configuration', /cannot be parsed/],
];

for (const [config, sentence] of mistakes) {
	test(`a mistake: ${config.replace(/\s+/g, ' ')}`, { timeout: 20_000 }, async (t) => {
		assert.match(await complaint(t, { config }), sentence);
	});
}

const categoryMistakes = [
	['profile-x: { admin_key = "a" }', /^profile-x: admin_key cannot be set here$/],
	['profile-x: { writers = 2 }', /^profile-x: writers cannot be set here$/],
	['profile-x: { bitrate = "fast" }', /^profile-x: bitrate must be an integer from 30000 to 1000000000 or 0, not "fast"$/],
	['profile-x: { colour = "blue" }', /^profile-x: "colour" is not known here$/],
	['profile-: { }', /^the category profile- is neither general nor profile-NAME$/],
	['other: { a = 1 }', /^the category other is neither general nor profile-NAME$/],
	['outside = 5', /^outside stands outside of the categories/],
];

for (const [categories, sentence] of categoryMistakes) {
	test(`a mistake: ${categories}`, { timeout: 20_000 }, async (t) => {
		assert.match(await complaint(t, { categories }), sentence);
	});
}

test('a folder that cannot be made, or is protected', { timeout: 20_000 }, async (t) => {
	const file = (path) => ({ file: `general: { recordings_path = "${path}" }` });
	assert.match(await complaint(t, file('/proc/recordings')), /recordings_path \/proc\/recordings cannot be made/);
	const general = 'protected_folders = [ "/tmp" ]';
	const absent = `/tmp/tsr-absent-${process.pid}`;
	assert.match(await complaint(t, { ...file(absent), general }), /recordings_path .* is protected .* make it, or name another/);
	assert.equal(existsSync(absent), false);
});

test('a folder that is there may be protected; what is protected inside stays so', { timeout: 20_000 }, async (t) => {
	// Debian's Janus protects /var, where the Debian package has its folder.
	const chosen = await newJanus(t, { general: 'protected_folders = [ "/tmp" ]' });
	const handle = await newHandle(t, chosen);
	assert.equal((await handle.request({ request: 'record', id: 'chosen', filename: 'a/b' }, offer())).data.result.status, 'starting');
	const folder = mkdtempSync(join(tmpdir(), 'tsr-protected-'));
	t.after(() => rmSync(folder, { recursive: true }));
	const inside = await newJanus(t, { folder, general: `protected_folders = [ "${folder}/recordings/secret" ]` });
	// A handle for each offer: Janus may still be cleaning up after one that was refused.
	const other = await newHandle(t, inside);
	for (const filename of ['secret/x', 'secret', 'a/../secret/x']) {
		const code = filename.includes('..') ? 605 : 614;
		await refused((await newHandle(t, inside)).request({ request: 'record', filename }, offer()), code);
		await refused(other.request({ request: 'record_room', room: 1, filename }), code);
	}
	assert.equal((await other.request({ request: 'record', filename: 'open/x' }, offer())).data.result.status, 'starting');
});
