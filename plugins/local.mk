# files of plugins
