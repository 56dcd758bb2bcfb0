// SPDX-License-Identifier: GPL-3.0-or-later
// The form that starts a recording, and the buttons that control it.

import { byId, element, say } from './dom.js';
import { codec } from './format.js';
import { showLevel } from './meter.js';
import { listDevices, offeredCodecs, openSource } from './sources.js';
import { explain } from './words.js';

const MAX_NAME_BYTES = 256; // of the plugin's parameter
const hints = {
	picture: '',
	camera: 'The browser asks for the camera and the microphone.',
	screen: 'The browser asks what to share when you press Record.',
};

/** @param {import('./app.js').Page} page */
export function setUpRecord(page) {
	const form = byId('record-form');
	const buttons = { start: byId('start'), pause: byId('pause'), split: byId('split'), stop: byId('stop') };
	const message = byId('record-message');
	let source = null, stopMeter = () => {};
	let state = 'idle'; // idle, busy (it begins or ends), recording, paused
	let opening = 0;

	function show(next) {
		state = next;
		const running = state === 'recording' || state === 'paused';
		buttons.start.disabled = state !== 'idle' || !page.recorder;
		buttons.pause.disabled = buttons.split.disabled = buttons.stop.disabled = !running;
		buttons.pause.textContent = state === 'paused' ? 'Resume' : 'Pause';
		for (const field of form.querySelectorAll('input, select'))
			field.disabled = state !== 'idle';
	}

	function closeSource() {
		stopMeter();
		stopMeter = () => {};
		source?.stop();
		source = null;
		byId('preview').srcObject = null;
	}

	/** Opens what the form says; the preview shows it. What is no longer wanted when it opens is closed again. */
	async function open() {
		const mine = ++opening;
		const kind = form.elements.source.value;
		const { camera, microphone } = form.elements;
		closeSource();
		const opened = await openSource(kind, { camera: camera.value, microphone: microphone.value });
		if (mine !== opening)
			return opened.stop();
		source = opened;
		byId('preview').srcObject = source.stream;
		stopMeter = showLevel(byId('level'), source.stream);
		byId('preview-hint').textContent = '';
		if (kind === 'camera')
			await fillDevices();
		for (const track of opened.stream.getTracks())
			track.addEventListener('ended', () => trackEnded(opened, track)); // janus.js takes track.onended for itself
	}

	/** By itself: the user ended the sharing, or unplugged the device. What is left of the source is recorded on. */
	function trackEnded(from, track) {
		if (from !== source)
			return;
		const what = track.kind === 'audio' ? 'sound' : 'picture';
		if (state !== 'idle' && !hasEnded(source))
			return say(message, `The source’s ${what} has ended; the rest of it is recorded on. Press Stop to choose another source.`);
		if (state !== 'busy')
			sourceEnded();
	}

	async function sourceEnded() {
		let then = '';
		if (state !== 'idle') {
			await act('stop');
			then = message.textContent || 'What was recorded until then is complete.'; // or why it could not be stopped
		}
		closeSource();
		byId('preview-hint').textContent = 'Choose what to record, or press Record to open the same again.';
		say(message, `The source has ended: the sharing was stopped, or the device is gone. ${then} Choose again, or press Record.`);
	}

	async function fillDevices() {
		for (const [name, devices] of Object.entries(await listDevices())) {
			const select = form.elements[name], chosen = select.value;
			select.replaceChildren(
				element('option', { value: '' }, 'default'),
				...devices.filter(({ deviceId }) => deviceId !== 'default')
					.map(({ deviceId, label }, i) => element('option', { value: deviceId }, label || `${name} ${i + 1}`)),
				element('option', { value: 'none' }, 'none'));
			select.value = [...select.options].some(({ value }) => value === chosen) ? chosen : '';
		}
	}

	function explainSource(error) {
		return error.name === 'NotAllowedError' && form.elements.source.value === 'screen'
			? 'Nothing was shared. Press Record again and choose what to share.' : explain(error);
	}

	async function chooseSource() {
		const kind = form.elements.source.value;
		say(message);
		byId('devices').hidden = kind !== 'camera';
		byId('preview-hint').textContent = hints[kind];
		try {
			if (kind === 'screen') {
				opening++; // a camera that is still being asked for is not wanted any more
				closeSource();
			} else {
				await open();
			}
		} catch (error) {
			say(message, explain(error));
		}
	}

	function options() {
		const chosen = { secret: page.secret };
		form.elements.name.value = nameThatFits(form.elements.name.value);
		for (const name of ['name', 'videocodec', 'audiocodec', 'profile', 'container', 'audio_mode', 'keyframe_interval'])
			if (form.elements[name].value)
				chosen[name] = form.elements[name].value;
		if (form.elements.bitrate.value)
			chosen.bitrate = Number(form.elements.bitrate.value);
		return chosen;
	}

	async function start() {
		show('busy');
		say(message);
		try {
			if (!source || source.stream.getTracks().some(isOver))
				await open();
			await source.wake?.();
			const starting = await page.client.record(source.stream, options(), { simulcast: form.elements.simulcast.checked });
			if (starting.refused)
				say(message, `Not recorded: ${starting.refused.map(({ type, reason }) => `${type} (${reason})`).join(', ')}.`);
			show('recording');
		} catch (error) {
			say(message, explainSource(error));
			return show('idle');
		}
		if (hasEnded(source))
			sourceEnded();
	}

	async function act(name) {
		const before = state;
		say(message);
		if (name === 'stop')
			show('busy');
		else
			buttons[name === 'resume' ? 'pause' : name].disabled = true;
		try {
			await page.client[name]();
			if (state !== 'idle' && (state !== 'busy' || name === 'stop'))
				show(name === 'pause' ? 'paused' : name === 'stop' ? 'idle' : name === 'resume' ? 'recording' : state);
		} catch (error) {
			say(message, explain(error));
			if (!page.recorder)
				show('idle');
			else if (state === before || (state === 'busy' && name === 'stop'))
				show(before);
		}
	}

	form.elements.name.addEventListener('change', ({ target }) => { target.value = nameThatFits(target.value); });
	form.addEventListener('submit', event => { event.preventDefault(); start(); });
	buttons.pause.addEventListener('click', () => act(state === 'paused' ? 'resume' : 'pause'));
	buttons.split.addEventListener('click', () => act('split'));
	buttons.stop.addEventListener('click', () => act('stop'));
	for (const choice of form.elements.source)
		choice.addEventListener('change', chooseSource);
	for (const name of ['camera', 'microphone'])
		form.elements[name].addEventListener('change', chooseSource);
	navigator.mediaDevices?.addEventListener('devicechange', fillDevices);

	fillCodecs(form);
	chooseSource();
	show('idle');

	page.addEventListener('connected', () => {
		for (const ended of ['finished', 'failed'])
			page.recorder.addEventListener(ended, () => show('idle'));
		page.recorder.addEventListener('error', ({ detail }) => say(message, explain(detail)));
		fillProfiles(form, page.recorder);
		show('idle');
	});
	page.addEventListener('disconnected', () => show('idle'));
}

const isOver = ({ readyState }) => readyState === 'ended';
const hasEnded = ({ stream }) => stream.getTracks().every(isOver);

/** What the plugin takes: so many bytes of UTF-8, without control characters. Cut between characters. */
function nameThatFits(text) {
	let bytes = 0, fitting = '';
	for (const character of text.replace(/\p{Cc}/gu, ' ')) {
		bytes += new TextEncoder().encode(character).length;
		if (bytes > MAX_NAME_BYTES)
			break;
		fitting += character;
	}
	return fitting;
}

function fillCodecs(form) {
	for (const kind of ['video', 'audio'])
		form.elements[`${kind}codec`].replaceChildren(
			element('option', { value: '' }, 'automatic'),
			...offeredCodecs(kind).map(name => element('option', { value: name }, codec(name))));
}

async function fillProfiles(form, recorder) {
	const profiles = await recorder.profiles().catch(() => []);
	form.elements.profile.replaceChildren(
		element('option', { value: '' }, profiles.length ? 'none' : 'none configured'),
		...profiles.map(({ name, description }) => element('option', { value: name }, description ? `${name}: ${description}` : name)));
}
