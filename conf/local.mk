# The sample configuration, installed where Janus keeps its own.
EXTRA_DIST += conf/janus.plugin.tsrecorder.jcfg.sample
if HAVE_JANUS
janus_conf_DATA = conf/janus.plugin.tsrecorder.jcfg.sample
endif
