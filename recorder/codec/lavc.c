/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lavc.h"

#include <libavutil/opt.h>
#include <string.h>

#include "../common/log.h"

tsr_error lavc_error(int averror)
{
	return averror == AVERROR(ENOMEM) ? TSR_E_NOMEM : TSR_E_CODEC;
}

tsr_error lavc_load_packet(AVPacket *packet, const uint8_t *data, size_t size, int64_t pts)
{
	size_t need = size + AV_INPUT_BUFFER_PADDING_SIZE;
	if (packet->buf == NULL || packet->buf->size < need || !av_buffer_is_writable(packet->buf)) {
		/* Half as much again, so that growing frames settle soon. */
		AVBufferRef *buf = av_buffer_alloc(need + need / 2);
		if (buf == NULL)
			return TSR_E_NOMEM;
		av_buffer_unref(&packet->buf);
		packet->buf = buf;
	}
	packet->data = packet->buf->data;
	packet->size = (int)size;
	packet->pts = pts;
	packet->dts = pts;
	memcpy(packet->data, data, size);
	memset(packet->data + size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
	return TSR_OK;
}

tsr_error lavc_set_option(AVCodecContext *ctx, const char *key, const char *value)
{
	int ret = av_opt_set(ctx, key, value, AV_OPT_SEARCH_CHILDREN);
	if (ret >= 0)
		return TSR_OK;
	log_line(TSR_LOG_ERROR, NULL, "encoder %s refuses option %s=%s: %s", ctx->codec->name, key, value,
		 ret == AVERROR_OPTION_NOT_FOUND ? "no such option" : av_err2str(ret));
	return lavc_error(ret);
}

tsr_error lavc_set_options(AVCodecContext *ctx, const char *options)
{
	AVDictionary *dict = NULL;
	const AVDictionaryEntry *e = NULL;
	tsr_error err = TSR_OK;
	int ret = options != NULL ? av_dict_parse_string(&dict, options, "=", ":", 0) : 0;
	if (ret < 0) {
		log_line(TSR_LOG_ERROR, NULL, "encoder options \"%s\" are not key=value:key=value", options);
		err = lavc_error(ret);
	}
	while (err == TSR_OK && (e = av_dict_get(dict, "", e, AV_DICT_IGNORE_SUFFIX)) != NULL)
		err = lavc_set_option(ctx, e->key, e->value);
	av_dict_free(&dict);
	return err;
}

tsr_error lavc_open(AVCodecContext *ctx)
{
	const AVCodec *codec = ctx->codec; /* which a failure resets */
	int ret = avcodec_open2(ctx, codec, NULL);
	if (ret >= 0)
		return TSR_OK;
	log_line(TSR_LOG_ERROR, NULL, "%s does not open: %s", codec->name, av_err2str(ret));
	return lavc_error(ret);
}
