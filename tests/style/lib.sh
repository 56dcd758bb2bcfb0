# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of borders share. They run at the top of the source tree.

# `… | forbid` sets it in this shell, not in one of its own.
shopt -s lastpipe
# shellcheck disable=SC2034
status=0

# forbid MESSAGE: fails if stdin has a line, and shows it.
forbid()
{
	local found
	found=$(cat)
	[ -z "$found" ] && return
	status=1
	printf '%s:\n%s\n' "$1" "$found" | sed '2,$s/^/    /'
}

sources()
{
	find "$@" -name '*.[ch]' | sort
}

# includes FILE…: lines "FILE: HEADER" of everything included by quotes, relative to the top.
includes()
{
	awk -F'"' '/^#[ \t]*include "/ {
		path = FILENAME
		sub(/[^\/]*$/, "", path)
		path = path $2
		while (sub(/[^\/.][^\/]*\/\.\.\//, "", path))
			;
		if ((getline line < path) >= 0)
			close(path)
		else
			path = $2
		print FILENAME ": " path
	}' "$@"
}
