# The demo page and what starts it.
EXTRA_DIST += html-demo/run html-demo/try.mjs html-demo/browser.mjs html-demo/package.json html-demo/package-lock.json \
	html-demo/screenshot.png \
	html-demo/lib/install.sh html-demo/lib/stack.sh html-demo/lib/unpack.mjs \
	html-demo/conf/janus.jcfg.in html-demo/conf/janus.plugin.tsrecorder.jcfg.in \
	html-demo/conf/janus.transport.http.jcfg.in html-demo/conf/janus.transport.websockets.jcfg.in html-demo/conf/nginx.conf.in \
	html-demo/conf/janus.plugin.videoroom.jcfg.in \
	html-demo/page/index.html html-demo/page/style.css html-demo/page/icon.svg \
	html-demo/page/app.js html-demo/page/chart.js html-demo/page/dom.js html-demo/page/format.js html-demo/page/hlsplayer.js html-demo/page/live.js \
	html-demo/page/meter.js html-demo/page/operator.js html-demo/page/player.js html-demo/page/record.js \
	html-demo/page/recordings.js html-demo/page/recordingrow.js html-demo/page/report.js html-demo/page/sources.js \
	html-demo/page/testpicture.js \
	html-demo/page/room.css html-demo/page/room.html html-demo/page/room.js html-demo/page/roomrow.js html-demo/page/rooms.js \
	html-demo/page/roomvisit.js html-demo/page/videoroom.js \
	html-demo/page/stretch.js html-demo/page/tsfile.js html-demo/page/tsloader.js html-demo/page/tsrecorder.js html-demo/page/tstables.js html-demo/page/words.js \
	html-demo/test/run html-demo/test/main.mjs html-demo/test/stage.mjs html-demo/test/client.test.mjs \
	html-demo/test/failures.test.mjs html-demo/test/hls.test.mjs html-demo/test/looks.test.mjs html-demo/test/operator.test.mjs \
	html-demo/test/record.test.mjs html-demo/test/recordings.test.mjs html-demo/test/run.test.mjs \
	html-demo/test/list.test.mjs html-demo/test/rooms.test.mjs html-demo/test/sources.test.mjs html-demo/test/tracks.test.mjs html-demo/test/stretch.test.mjs html-demo/test/lost.test.mjs html-demo/test/types.test.mjs html-demo/test/unpack.test.mjs
