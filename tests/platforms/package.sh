# shellcheck shell=bash disable=SC2154 # top, logs and the counts are tests/platforms/run's
# The Debian package on Debian 12: built twice, looked at by lintian, installed on a fresh system, started as the unit of Janus
# does, upgraded, purged. Sourced by tests/platforms/run.

# holds WHAT COMMAND…: one thing that must be so.
holds()
{
	local what=$1
	shift
	if "$@" >"$logs/package-step.log" 2>&1; then
		passed=$((passed + 1)) && echo "ok $what"
	else
		failed=$((failed + 1)) && echo "not ok $what" && tail -n 20 "$logs/package-step.log" | sed 's/^/    /'
		return 1
	fi
}

# package_build ROOT FOLDER [OPTION OF DEB_BUILD_OPTIONS]: from a clone, in that folder of the root.
package_build()
{
	local root=$1 folder=$2
	rm -rf "${root:?}$folder" && mkdir -p "$root$folder" && git clone -q --no-hardlinks "$top" "$root$folder/janus-tsrecorder" || return
	# shellcheck disable=SC2016
	root_run "$root" /bin/bash -c 'cd "$0/janus-tsrecorder" && DEB_BUILD_OPTIONS="$1 parallel=$(nproc)" dpkg-buildpackage -b -us -uc' \
		"$folder" "${3-}"
}

# Debian's unit starts Janus as root and protects nothing; an administrator's may have a user and a read-only system.
package_sandbox='
	mount -o remount,bind,ro / && mount --bind /var/lib/janus/recordings /var/lib/janus/recordings &&
	mount -o remount,bind,rw /var/lib/janus/recordings && mount -t tmpfs none /tmp && mount -t tmpfs none /run &&
	exec setpriv --reuid=janus --regid=janus --clear-groups --no-new-privs --bounding-set=-all'

# package_live ROOT SECONDS [COMMAND THAT STARTS JANUS]: Chromium through the installed Janus; a network of its own, so that the
# ports of Debian's configuration are free.
package_live()
{
	# shellcheck disable=SC2016
	TSR_ROOT=$1 TSR_SECONDS=$2 TSR_START=${3-exec} TSR_JANUS_WS=ws://127.0.0.1:8188 TSR_RECORDINGS=$1/var/lib/janus/recordings \
		"$top/tests/lib/netns" bash -c '
		. "$0/tests/platforms/root.sh"
		start=$(sed -n "s/^ExecStart=//p" "$TSR_ROOT/lib/systemd/system/janus.service" | sed "s/ --daemon//")
		root_run "$TSR_ROOT" /bin/bash -c "$TSR_START $start" >"$1" 2>&1 &
		janus=$!
		for i in {1..50}; do
			curl -fs http://127.0.0.1:8088/janus/info | grep -q janus.plugin.tsrecorder && break
			kill -0 $janus && sleep 0.2 || break
		done
		node --no-warnings --test-reporter=tap "$0/tests/platforms/record.mjs"
		status=$?
		root_end $janus
		tail -n 5 "$1"
		exit $status' "$top" "$logs/package-janus.log"
}

package_reproducible()
(
	cd "$1" && for deb in *.deb; do
		cmp "$deb" "$2/$deb" || exit 1
	done
)

# package_later DEB OUT: the same package with the next version.
package_later()
{
	local work
	work=$(mktemp -d)
	dpkg-deb -R "$1" "$work/p" && sed -i 's/^Version: .*/&+later/' "$work/p/DEBIAN/control" && dpkg-deb -b "$work/p" "$2"
	rm -rf "$work"
}

package_fresh()
{
	rm -rf --one-file-system "$2" && cp -a --reflink=auto "$1" "$2"
}

package_installed()
{
	root_run "$1" /bin/sh -c 'apt-get -qq update && apt-get -qq install -y /tmp/janus-tsrecorder_*.deb /tmp/janus-tsrec_*.deb </dev/null'
}

owner_and_mode() { [ "$(chroot "$1" stat -c '%U:%G %a' /var/lib/janus/recordings)" = "$2" ]; }

package_tests()
{
	local root=$roots/bookworm bare=$roots/bookworm-bare try=$roots/bookworm-package conf=/etc/janus/janus.plugin.tsrecorder.jcfg
	local recordings=/var/lib/janus/recordings recorded
	holds "two systems are made" eval 'root_make bookworm "$root" && root_make bookworm "$bare"' || return
	holds "what builds it is there" root_run "$root" /bin/bash -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends \
		dpkg-dev debhelper lintian $(sed -n "/^Build-Depends/,/^Standards/p" /source/debian/control | grep -oE "[a-z0-9.-]+-dev|pkg-config")' || return
	holds "it builds from a clone, with its unit tests" package_build "$root" /tmp/one || return
	holds "lintian has no error and no warning" root_run "$root" /bin/sh -c 'lintian --fail-on error,warning /tmp/one/*.changes'
	holds "it builds again elsewhere" package_build "$root" /tmp/another-folder nocheck || return
	holds "to the same bytes" package_reproducible "$root/tmp/one" "$root/tmp/another-folder"

	package_fresh "$bare" "$try"
	cp "$root"/tmp/one/janus-tsrec*_*.deb "$try/tmp"
	rm -f "$try"/tmp/*dbgsym*
	holds "the tool installs without Janus" root_run "$try" /bin/sh -c 'apt-get -qq update && apt-get -qq install -y /tmp/janus-tsrec_*.deb </dev/null && janus-tsrec --help && ! dpkg -s janus'
	holds "the plugin installs, and Janus with it" package_installed "$try" || return
	holds "its configuration is a conffile" eval 'chroot "$try" dpkg-query -W -f "\${Conffiles}" janus-tsrecorder | grep -q "$conf"'
	holds "recordings have a folder of the unit's user (root)" owner_and_mode "$try" "root:root 750"
	holds "Janus starts as its unit does and records Chromium" package_live "$try" 10
	recorded=$(cd "$try$recordings" && find . -name '*.ts' | head -n 1)
	holds "the tool verifies what it recorded" root_run "$try" /usr/bin/janus-tsrec verify "$recordings/$recorded"
	echo '# a line of the administrator' >>"$try$conf"
	package_later "$(echo "$try"/tmp/janus-tsrecorder_*.deb)" "$try/tmp/later.deb" >/dev/null
	holds "it is upgraded" root_run "$try" /usr/bin/dpkg -i /tmp/later.deb
	holds "and leaves the configuration as it was changed" grep -q 'of the administrator' "$try$conf"
	holds "it is purged" root_run "$try" /usr/bin/apt-get -qq purge -y janus-tsrecorder
	holds "and its configuration with it" [ ! -e "$try$conf" ]
	holds "but no recording" [ -s "$try$recordings/$recorded" ]

	package_fresh "$bare" "$try"
	cp "$root"/tmp/one/janus-tsrec*_*.deb "$try/tmp"
	rm -f "$try"/tmp/*dbgsym*
	mkdir -p "$try/etc/systemd/system/janus.service.d"
	printf '[Service]\nUser=janus\nProtectSystem=strict\nReadWritePaths=%s\n' "$recordings" >"$try/etc/systemd/system/janus.service.d/user.conf"
	chroot "$try" useradd --system janus
	holds "it installs where Janus has a user of its own" package_installed "$try" || return
	holds "who owns the folder then" owner_and_mode "$try" "janus:janus 750"
	holds "and Janus records as that user, all else read-only" package_live "$try" 3 "$package_sandbox"
	rm -rf "${try:?}$recordings"/*
	holds "purged without recordings" root_run "$try" /usr/bin/apt-get -qq purge -y janus-tsrecorder
	holds "the folder goes" [ ! -e "$try/var/lib/janus" ]
	rm -rf --one-file-system "$try"
}
