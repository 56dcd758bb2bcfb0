// SPDX-License-Identifier: GPL-3.0-or-later
// Talking to Janus's VideoRoom by janus.js: what the list of rooms and the room page have in common.

export const VIDEOROOM = 'janus.plugin.videoroom';
const ANSWER_MS = 10_000;
const NO_SUCH_PLUGIN = /\b460\b/;

/** What the VideoRoom refused; `code` is its error_code, 0 when it did not answer at all. */
export class RoomError extends Error {
	constructor(message, code = 0) {
		super(message);
		this.name = 'RoomError';
		this.code = code;
	}

	/** Whether this Janus has no VideoRoom. */
	get missing() {
		return NO_SUCH_PLUGIN.test(this.message);
	}
}

/** The promise, or an error in time. */
function soon(what, begin) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new RoomError(`${what} within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
		begin(value => { clearTimeout(timer); resolve(value); }, reason => {
			clearTimeout(timer);
			reject(reason instanceof Error ? reason : new RoomError(String(reason)));
		});
	});
}

/** A session of its own. @param {*} Janus  the class of janus.js @param {string} server @param {() => void} onlost */
export async function connect(Janus, server, onlost) {
	await new Promise(callback => Janus.init({ debug: false, callback }));
	let up = false;
	return soon('Janus does not answer', (resolve, reject) => {
		const session = new Janus({
			server, iceServers: [],
			success: () => { up = true; resolve(session); },
			error: reason => { if (up) onlost(); else reject(reason); },
			destroyed: () => up && onlost(),
		});
	});
}

/** @param {*} session  of janus.js @param {object} [callbacks]  as janus.js takes them */
export function attach(session, callbacks = {}) {
	return soon('Janus does not attach the VideoRoom', (success, error) => session.attach({ plugin: VIDEOROOM, success, error, ...callbacks }));
}

/** A request; kept with its answer, which for some is only that the event comes later. */
export function ask(handle, message, jsep) {
	return soon(`The VideoRoom does not answer the request "${message.request}"`, (resolve, reject) => handle.send({
		message, jsep, error: reject,
		success: answer => answer?.error_code ? reject(new RoomError(answer.error, answer.error_code)) : resolve(answer ?? {}),
	}));
}

/** The offer, or the answer to `jsep`. */
export function describe(handle, tracks, jsep) {
	return soon('The browser does not describe its media', (success, error) =>
		jsep ? handle.createAnswer({ jsep, tracks, success, error }) : handle.createOffer({ tracks, success, error }));
}

/** Rooms with the people in them: room, description, max_publishers, participants [{id, display, publisher}]. */
export async function listRooms(handle) {
	const { list = [] } = await ask(handle, { request: 'list' });
	return Promise.all(list.map(async room => {
		const empty = { participants: [] }; // so is one that was destroyed meanwhile
		const answer = room.num_participants ? await ask(handle, { request: 'listparticipants', room: room.room }).catch(() => empty) : empty;
		return { ...room, participants: answer.participants ?? [] };
	}));
}
