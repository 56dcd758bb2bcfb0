// SPDX-License-Identifier: GPL-3.0-or-later
// The room page: a name at the door, then tiles of whoever sends, and the buttons of what one sends oneself.

import Janus from './vendor/janus.js';
import { byId, element, say, setText } from './dom.js';
import { RoomVisit } from './roomvisit.js';
import { openSource } from './sources.js';
import { connect } from './videoroom.js';
import { explain } from './words.js';

const RETRY_MS = 1000;
const NO_ROOM = 426;
const names = ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Grace', 'Hugo'];

const form = byId('door-form'), tiles = byId('tiles');
const buttons = { mute: byId('mute'), camera: byId('camera'), screen: byId('screen') };
let session = null, visit = null, source = null;
let shared = null; // the screen: {track, mid}
const shown = new Map(); // `${feed}/${mid}` -> tile

/* ---- tiles ---- */

/** One picture; a peer's sound plays through the tile of its first one, or through one of its own without. */
function tileOf(key, name) {
	let tile = shown.get(key);
	if (!tile) {
		const video = element('video', { autoplay: true, playsinline: true, 'aria-label': `Picture of ${name}` });
		const caption = element('figcaption', {}, name);
		tile = { node: element('figure', { class: 'tile' }, video, caption), video, caption, stream: new MediaStream() };
		video.srcObject = tile.stream;
		shown.set(key, tile);
		tiles.append(tile.node);
		lay();
	}
	return tile;
}

function showTrack({ feed, display, track, mid }) {
	const name = display || `Somebody (${feed})`;
	const isSecond = track.kind === 'video' && shown.get(feed)?.stream.getVideoTracks().some(other => other !== track);
	const tile = tileOf(isSecond ? `${feed}/${mid}` : feed, isSecond ? `${name}’s screen` : name);
	if (!tile.stream.getTracks().includes(track))
		tile.stream.addTrack(track);
	tile.mid = track.kind === 'video' ? mid : tile.mid;
	tile.node.classList.toggle('dark', !tile.stream.getVideoTracks().length);
}

function hideTrack({ feed, mid }) {
	for (const [key, tile] of shown) {
		if (tile.mid !== mid || (key !== feed && !String(key).startsWith(`${feed}/`)))
			continue;
		if (key !== feed)
			dropTile(key);
		else
			tile.node.classList.add('dark');
	}
}

function dropTile(key) {
	shown.get(key)?.node.remove();
	shown.delete(key);
	lay();
}

function lay() {
	tiles.style.setProperty('--columns', String(Math.ceil(Math.sqrt(shown.size))));
}

/* ---- in and out ---- */

async function enter() {
	const display = form.elements.display.value.trim(), room = Number(form.elements.room.value);
	say(byId('door-message'));
	setBusy(true);
	try {
		source = await openSource(form.elements.source.value);
		await source.wake?.();
		visit = new RoomVisit(session, room);
		listen(visit);
		await visit.enter(display, source.stream);
	} catch (error) {
		leave();
		setBusy(false);
		return say(byId('door-message'), error.code === NO_ROOM ? 'There is no such room: the demo page lists those that there are.' : explain(error));
	}
	const own = tileOf('own', `${display} (you)`);
	own.video.muted = true;
	own.video.srcObject = source.stream;
	tiles.prepend(own.node);
	setText(byId('title'), `Room ${room}`);
	document.title = `${display} in room ${room}`;
	byId('door').hidden = true;
	byId('inside').hidden = false;
	tell('You are in the room.');
	buttons.mute.focus();
}

function listen(to) {
	to.addEventListener('track', ({ detail }) => showTrack(detail));
	to.addEventListener('trackgone', ({ detail }) => hideTrack(detail));
	to.addEventListener('peer', ({ detail: { display } }) => tell(`${display || 'Somebody'} is here.`));
	to.addEventListener('peergone', ({ detail: { feed } }) => {
		tell(`${shown.get(feed)?.caption.textContent ?? 'Somebody'} left.`);
		for (const key of [...shown.keys()].filter(key => key === feed || String(key).startsWith(`${feed}/`)))
			dropTile(key);
	});
	to.addEventListener('ended', ({ detail }) => { leave(); say(byId('door-message'), detail); });
}

function leave() {
	visit?.leave();
	source?.stop();
	shared?.track.stop();
	visit = source = shared = null;
	for (const key of [...shown.keys()])
		dropTile(key);
	for (const button of Object.values(buttons))
		press(button, false);
	say(byId('inside-message'));
	byId('inside').hidden = true;
	byId('door').hidden = false;
	setText(byId('title'), 'A room');
	document.title = 'Room – janus-tsrecorder';
	setBusy(false);
}

function setBusy(busy) {
	form.querySelector('button').disabled = busy || !session;
}

/** For those who do not see the tiles. */
function tell(text) {
	setText(byId('people'), text);
}

/* ---- what is sent ---- */

function press(button, pressed) {
	button.setAttribute('aria-pressed', String(pressed));
}

/** Silence, or black: that is sent on, so that nobody takes it for a loss. */
function toggle(button, kind) {
	const off = button.getAttribute('aria-pressed') !== 'true';
	press(button, off);
	source.stream.getTracks().filter(track => track.kind === kind).forEach(track => { track.enabled = !off; });
	if (kind === 'video')
		shown.get('own').node.classList.toggle('dark', off);
}

async function toggleScreen() {
	buttons.screen.disabled = true;
	say(byId('inside-message'));
	try {
		if (shared)
			await endSharing();
		else
			await beginSharing();
	} catch (error) {
		say(byId('inside-message'), error.name === 'NotAllowedError' ? 'Nothing was shared.' : explain(error));
	}
	buttons.screen.disabled = false;
	press(buttons.screen, shared !== null);
	buttons.screen.focus();
}

async function beginSharing() {
	const [track] = (await navigator.mediaDevices.getDisplayMedia({ video: true })).getVideoTracks();
	const from = visit;
	try {
		shared = { track, mid: await from.add(track) };
	} catch (error) {
		track.stop();
		throw error;
	}
	const tile = tileOf('own/screen', 'Your screen');
	tile.video.muted = true;
	tile.stream.addTrack(track);
	track.addEventListener('ended', () => shared?.track === track && toggleScreen()); // by the browser's own button
}

async function endSharing() {
	const { track, mid } = shared;
	shared = null;
	track.stop();
	dropTile('own/screen');
	await visit.remove(mid);
}

/* ---- Janus ---- */

async function keepConnected() {
	const server = new URL('ws', location.href);
	server.protocol = server.protocol.replace('http', 'ws');
	const pill = byId('connection');
	const show = (state, text) => { pill.dataset.state = state; setText(pill, text); };
	for (;;) {
		try {
			await new Promise((lost, fail) => connect(Janus, server.href, lost).then(connected => {
				session = connected;
				show('connected', 'connected');
				setBusy(false);
			}, fail));
			session = null;
			leave();
			say(byId('door-message'), 'Janus is gone. Trying again every second: is html-demo/run still running?');
		} catch { /* it is tried again */ }
		show('failed', 'not connected');
		setBusy(false);
		await new Promise(resolve => setTimeout(resolve, RETRY_MS));
	}
}

const wanted = new URL(location.href).searchParams;
form.elements.room.value = wanted.get('room') ?? '1234';
form.elements.display.value = wanted.get('name') ?? names[Math.floor(Math.random() * names.length)];
byId('again').href = `room.html?room=${encodeURIComponent(form.elements.room.value)}`;
form.elements.room.addEventListener('change', ({ target }) => { byId('again').href = `room.html?room=${encodeURIComponent(target.value)}`; });
form.addEventListener('submit', event => { event.preventDefault(); enter(); });
buttons.mute.addEventListener('click', () => toggle(buttons.mute, 'audio'));
buttons.camera.addEventListener('click', () => toggle(buttons.camera, 'video'));
buttons.screen.addEventListener('click', toggleScreen);
byId('leave').addEventListener('click', () => { leave(); form.elements.display.focus(); });
addEventListener('pagehide', () => visit?.leave());
keepConnected();
