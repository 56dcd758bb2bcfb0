# SPDX-License-Identifier: GPL-3.0-or-later
# What the demo needs: Debian packages, npm modules, the plugin. Sourced by html-demo/run.
# shellcheck shell=bash disable=SC2154 # top, demo, … are set by html-demo/run

# shellcheck source=tests/lib/packages.sh
. "$top/tests/lib/packages.sh"

needed_packages()
{
	local names="nginx-light nodejs curl iproute2 util-linux ca-certificates"
	[[ -n $janus_prefix ]] || names="$names $packages_run_janus"
	[[ -z $do_build ]] || names="$names $packages_build"
	[[ -z $do_build || -n $janus_prefix ]] || names="$names $packages_build_janus"
	[[ -z $try ]] || names="$names chromium ffmpeg"
	echo "$names"
}

install_missing()
{
	# shellcheck disable=SC2046 # a list of words
	packages_install $(needed_packages) || die "the packages could not be installed"
	if command -v npm >/dev/null; then
		npm_install "$demo" || die "npm ci failed in $demo"
	else
		node "$demo/lib/unpack.mjs" "$demo" ${try:+--dev} || die "the modules of the page could not be fetched"
	fi
}

check_installed()
{
	local missing
	# shellcheck disable=SC2046
	missing=$(packages_missing $(needed_packages) | paste -sd ' ')
	[[ -z $missing ]] || die "missing: $missing. Run it without --no-install, or: apt-get install $missing"
	[[ -e $demo/node_modules/mpegts.js && (-z $try || -e $demo/node_modules/playwright-core) ]] || die "html-demo/node_modules is missing. Run it without --no-install, or: npm --prefix $demo ci"
}

# Whether the build folder is configured, and for the Janus that is to run.
built_for_this_janus()
{
	[[ -e config.status ]] || return
	local given
	given=$(./config.status --config | grep -o -e "--with-janus=[^' ]*")
	[[ ${given#--with-janus=} = "$janus_prefix" ]]
}

build_plugin()
{
	local log=$build/demo-build.log
	mkdir -p "$build"
	echo "Building in $build …"
	{
		{ [[ -x $top/configure ]] || "$top/autogen.sh"; } &&
			cd "$build" &&
			{ built_for_this_janus || "$top/configure" ${janus_prefix:+"--with-janus=$janus_prefix"}; } &&
			make -j"$(nproc)"
	} >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		die "it does not build; everything is in $log"
	}
	cd "$top"
}
