# files of tests/pipeline
