/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a session description says of payload types, and what nonsense does not. */
#include <glib.h>
#include <string.h>

#include "plugins/config/config.h"
#include "plugins/tap/payloads.h"
#include "tests/lib/cmocka.h"

static void test_descriptions(void **state)
{
	(void)state;
	static const struct {
		const char *sdp;
		unsigned type;
		tsr_codec codec;
	} cases[] = {
		{"v=0\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:96 VP8/90000\r\n", 111, TSR_CODEC_OPUS},
		{"v=0\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:96 VP8/90000\r\n", 96, TSR_CODEC_VP8},
		{"a=rtpmap:102 H264/90000", 102, TSR_CODEC_H264},
		{"a=rtpmap:0 PCMU/8000\n", 0, TSR_CODEC_PCMU},
		{"a=rtpmap:97 rtx/90000\n", 97, TSR_CODEC_NONE},
		{"a=rtpmap:96 VP8/90000\na=rtpmap:96 H264/90000\n", 96, TSR_CODEC_H264}, /* the latest word counts */
		{"b=rtpmap:96 VP8/90000\n", 96, TSR_CODEC_NONE},
		{"xa=rtpmap:96 VP8/90000\n", 96, TSR_CODEC_NONE},
		{"a=rtpmap:96VP8/90000\n", 96, TSR_CODEC_NONE},
		{"a=rtpmap:96 VP8\n", 96, TSR_CODEC_NONE},
		{"a=rtpmap: VP8/90000\n", 0, TSR_CODEC_NONE},
		{"a=rtpmap:128 VP8/90000\n", 0, TSR_CODEC_NONE},
		{"a=rtpmap:999999999999999999999 VP8/90000\n", 127, TSR_CODEC_NONE},
		{"a=rtpmap:-1 VP8/90000\n", 127, TSR_CODEC_NONE},
		{"a=rtpmap:96 aNameThatIsLongerThanAnyCodecHas/90000\n", 96, TSR_CODEC_NONE},
		{"a=rtpmap:96", 96, TSR_CODEC_NONE},
		{"\n\n\n", 96, TSR_CODEC_NONE},
		{"", 96, TSR_CODEC_NONE},
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct payloads payloads = {{0}};
		char *exact = g_strdup(cases[i].sdp); /* a read behind its end is found */
		payloads_read(&payloads, exact);
		g_free(exact);
		assert_int_equal(payloads.codec[cases[i].type], cases[i].codec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_descriptions)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
