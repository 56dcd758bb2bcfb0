// SPDX-License-Identifier: GPL-3.0-or-later
// What went wrong, in words, and what to do about it.

/** By the plugin's error_code (see docs/api.md). */
const remedies = {
	603: 'The plugin that runs here does not know this request: build and install the version this page came with.',
	606: 'The plugin that runs here does not know this setting: build and install the version this page came with.',
	609: 'Choose another codec.',
	612: 'Choose another name.',
	613: 'It was made by somebody else, or before this browser forgot its secret. Open the operator’s panel below, then try again.',
	614: 'Check that the recordings folder exists and that Janus may write to it.',
	615: 'Delete recordings that are not needed, or make room on the disk.',
	616: 'Look at Janus’s log and at the disk.',
	617: 'Wait until another recording has ended, or raise the limit in the operator’s panel.',
	618: 'Choose another codec or profile.',
	619: 'Wait a moment, then try again.',
	403: 'Check the secret: html-demo/run prints it when it starts.',
};

/** By a TsRecorderError's kind, when the plugin has told nothing. */
const kinds = {
	disconnected: 'The page tries again every second: is html-demo/run still running?',
	timeout: 'Try again; if it stays so, look at Janus’s log and at the network.',
	browser: 'Reload the page and try again, or choose another source or codec.',
};

const device = {
	NotAllowedError: 'The browser was not allowed to use it. Allow it by the icon in the address bar, then try again.',
	NotFoundError: 'There is no such device here. Plug one in, or record the test picture.',
	NotReadableError: 'The device is in use by another program. Close that, then try again.',
	OverconstrainedError: 'The chosen device is gone. Choose another one.',
};

/** @param {Error} error */
export function explain(error) {
	if (device[error.name])
		return device[error.name];
	if (error instanceof TypeError || error instanceof ReferenceError)
		return `Something went wrong in the page itself (${error.message}). Reload it and try again.`;
	const sentence = sentenceOf(error.message || String(error));
	const remedy = remedies[error.code] ?? kinds[error.kind];
	return remedy ? `${sentence} ${remedy}` : sentence;
}

function sentenceOf(text) {
	const trimmed = text.trim();
	return trimmed[0].toUpperCase() + trimmed.slice(1) + (/[.!?]$/.test(trimmed) ? '' : '.');
}

export const reasons = {
	stop: 'stopped', hangup: 'the peer hung up', detach: 'the peer left', shutdown: 'Janus was stopped',
	max_duration: 'it reached its longest duration', max_size: 'it reached its largest size', disk_full: 'the disk is full', error: 'an error',
};

/** Of a gap. */
export const causes = { loss: 'lost packets', disk_slow: 'the disk was too slow' };

/** One sentence about an event of a recording. */
export function tell({ status, warning, text, error, reason, file, duration_ms: ms }) {
	switch (status) {
	case 'starting': return `The file ${file} is there.`;
	case 'recording': return 'The first keyframe is in the file: it can be played from now on.';
	case 'paused': return 'Paused: what arrives now is left out.';
	case 'resumed': return 'Resumed.';
	case 'stalled': return 'Nothing arrives any more. Is this tab in the background, or the network gone?';
	case 'unstalled': return 'Media arrives again.';
	case 'segment': return error ? sentenceOf(`A segment failed: ${error}`) : `${file} is complete (${(ms / 1000).toFixed(1)} s); it goes on in the next file.`;
	case 'warning': return text ? sentenceOf(text) : `Warning: ${warning}.`;
	case 'finished': return !file ? `Finished (${reasons[reason] ?? reason}): nothing had come, so there is no file.` : `Finished (${reasons[reason] ?? reason}): ${file} is complete and durable.`;
	case 'failed': return sentenceOf(`Failed: ${error ?? reason}`);
	default: return status;
	}
}
