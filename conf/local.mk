# files of conf
