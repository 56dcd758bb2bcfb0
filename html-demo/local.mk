# files of html-demo
