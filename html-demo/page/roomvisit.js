// SPDX-License-Identifier: GPL-3.0-or-later
// Somebody in a VideoRoom, who publishes and sees whoever else does.

import { ask, attach, describe, RoomError } from './videoroom.js';

const JOIN_MS = 10_000;
const LEFT = { kicked: 'You were removed from the room.', destroyed: 'The room was closed.' };

/**
 * Its events: `track` and `trackgone`, whose detail is {feed, display, mid, track}; `peer` {feed, display} and `peergone` {feed};
 * `ended`, whose detail is a sentence.
 */
export class RoomVisit extends EventTarget {
	#session;
	#room;
	#handle = null;
	/** feed -> {handle, display, mids: those of the feed that are subscribed to, theirs: Map of our mid to the feed's} */
	#peers = new Map();
	/** What the next event answers: one request of this handle at a time waits for its event. */
	#waiting = null;
	#over = false;

	/** @param {*} session  of janus.js @param {number} room */
	constructor(session, room) {
		super();
		this.#session = session;
		this.#room = room;
	}

	/** Joins, and publishes the stream's tracks, which stay the caller's. */
	async enter(display, stream) {
		this.#handle = await attach(this.#session, { onmessage: (message, jsep) => this.#received(message, jsep), ondetached: () => this.#end('Janus closed the connection.') });
		const { publishers = [] } = await this.#event({ request: 'join', ptype: 'publisher', room: this.#room, display }, 'joined');
		const tracks = stream.getTracks().map(track => ({ type: track.kind, capture: track, recv: false, dontStop: true }));
		await this.#event({ request: 'publish' }, 'configured', await describe(this.#handle, tracks));
		for (const publisher of publishers)
			this.#meet(publisher);
	}

	/** Sends one more picture. @param {MediaStreamTrack} track @returns {Promise<string>} its mid, to take it away by */
	async add(track) {
		await this.#event({ request: 'configure' }, 'configured',
			await describe(this.#handle, [{ type: 'video', add: true, capture: track, recv: false, dontStop: true }]));
		return this.#handle.webrtcStuff.pc.getTransceivers().find(({ sender }) => sender.track === track).mid;
	}

	async remove(mid) {
		await this.#event({ request: 'configure' }, 'configured', await describe(this.#handle, [{ type: 'video', mid, remove: true }]));
	}

	/** Goes. Who is gone already may call it as well. */
	leave() {
		this.#over = true;
		for (const { handle } of this.#peers.values())
			handle?.detach();
		this.#peers.clear();
		this.#handle?.detach();
	}

	/** Sends a request that an event answers. */
	async #event(message, expected, jsep) {
		if (this.#waiting)
			throw new RoomError('the room is busy with the last change: try again in a moment');
		try {
			const answer = new Promise((resolve, reject) => {
				this.#waiting = { expected, resolve, reject };
				setTimeout(reject, JOIN_MS, new RoomError(`The VideoRoom does not answer the request "${message.request}"`));
			});
			answer.catch(() => {}); // it is waited for below, unless asking fails
			await ask(this.#handle, message, jsep);
			return await answer;
		} finally {
			this.#waiting = null;
		}
	}

	#received(message, jsep) {
		if (message.error_code)
			return this.#waiting?.reject(new RoomError(message.error, message.error_code));
		if (jsep)
			this.#handle.handleRemoteJsep({ jsep });
		if (message.videoroom === this.#waiting?.expected || (this.#waiting && this.#waiting.expected in message))
			this.#waiting.resolve(message);
		if (message.videoroom !== 'joined') // enter() looks at those of the answer
			(message.publishers ?? []).forEach(publisher => this.#meet(publisher));
		if (message.videoroom === 'destroyed')
			return this.#end(LEFT.destroyed);
		const gone = message.leaving ?? message.unpublished;
		if (gone === 'ok' && message.reason === 'kicked')
			this.#end(LEFT.kicked);
		else if (gone && gone !== 'ok')
			this.#part(gone);
	}

	/** Somebody publishes, or publishes something else than before. */
	async #meet({ id: feed, display = '', streams = [] }) {
		const known = this.#peers.get(feed);
		if (known)
			return this.#update(feed, known, streams);
		const peer = { handle: null, display, mids: new Set(streams.map(({ mid }) => mid)), theirs: new Map() };
		this.#peers.set(feed, peer);
		this.#tell('peer', { feed, display });
		const handle = await attach(this.#session, {
			onmessage: (message, jsep) => this.#hears(peer, message, jsep),
			onremotetrack: (track, mid, on) => this.#peers.get(feed) === peer && this.#tell(on ? 'track' : 'trackgone', { feed, display, mid, track }),
		}).catch(() => null);
		if (!handle || this.#peers.get(feed) !== peer)
			return handle?.detach(); // it went meanwhile
		peer.handle = handle;
		ask(handle, { request: 'join', ptype: 'subscriber', room: this.#room, streams: [{ feed }] }).catch(() => this.#part(feed));
	}

	#update(feed, peer, streams) {
		const added = streams.filter(({ mid, disabled }) => !disabled && !peer.mids.has(mid));
		for (const { mid, disabled } of streams) {
			const ours = [...peer.theirs].find(([, theirs]) => theirs === mid)?.[0];
			if (disabled && ours !== undefined)
				this.#tell('trackgone', { feed, display: peer.display, mid: ours });
			if (disabled)
				peer.mids.delete(mid);
			else
				peer.mids.add(mid);
		}
		if (added.length && peer.handle)
			ask(peer.handle, { request: 'subscribe', streams: added.map(({ mid }) => ({ feed, mid })) }).catch(() => {});
	}

	/** The VideoRoom offers what a peer sends; what is negotiated anew comes the same way. */
	async #hears(peer, { streams = [] }, jsep) {
		for (const { mid, feed_mid: theirs } of streams)
			peer.theirs.set(mid, theirs);
		if (jsep)
			await ask(peer.handle, { request: 'start' }, await describe(peer.handle, [], jsep)).catch(() => {});
	}

	#part(feed) {
		this.#peers.get(feed)?.handle?.detach();
		if (this.#peers.delete(feed))
			this.#tell('peergone', { feed });
	}

	#end(sentence) {
		if (this.#over)
			return;
		this.leave();
		this.#tell('ended', sentence);
	}

	#tell(name, detail) {
		this.dispatchEvent(new CustomEvent(name, { detail }));
	}
}
