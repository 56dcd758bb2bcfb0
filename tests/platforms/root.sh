# shellcheck shell=bash
# Other Debians as folders, run by chroot in mount and process namespaces of their own. Sourced by tests/platforms/run, as root.
# They are kept in $XDG_CACHE_HOME: packages are fetched once.

roots=${XDG_CACHE_HOME:-$HOME/.cache}/janus-tsrecorder/platforms

# root_mirror: where this machine's apt gets Debian from; $TSR_MIRROR goes first.
root_mirror()
{
	local mirror=${TSR_MIRROR-}
	[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
	echo "${mirror:-http://deb.debian.org/debian}"
}

# root_run ROOT COMMAND [ARGUMENT…]: in that folder, which is a mount of its own, with the machine's network and certificates.
# Whatever it started ends with it.
root_run()
{
	local root=$1
	shift
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/host-certificates.crt"
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --pid --fork --kill-child bash -c '
		root=$1 && shift
		mount --bind "$root" "$root" && mount -t proc proc "$root/proc" && mount --rbind /sys "$root/sys" && mount --rbind /dev "$root/dev" || exit 125
		exec chroot "$root" "$@"' root_run "$root" \
		/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive npm_config_cafile=/etc/host-certificates.crt \
		NODE_EXTRA_CA_CERTS=/etc/host-certificates.crt CURL_CA_BUNDLE=/etc/host-certificates.crt TSR_BUILD=/build "$@"
}

# root_end PID: ends the command of a root_run that was put into the background as PID, and waits for it.
root_end()
{
	local unshare command
	unshare=$(<"/proc/$1/task/$1/children") && unshare=${unshare% } &&
		command=$(<"/proc/$unshare/task/$unshare/children") && kill "${command% }"
	wait "$1"
}

# root_make SUITE FOLDER [ARGUMENT OF debootstrap…]: a minimal system, made once.
root_make()
{
	local suite=$1 root=$2 script=/usr/share/debootstrap/scripts/$1
	shift 2
	[ ! -e "$root/.complete" ] || return 0
	[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid # a suite younger than debootstrap
	rm -rf --one-file-system "$root" && mkdir -p "$root" || return
	debootstrap --variant=minbase "$@" "$suite" "$root" "$(root_mirror)" "$script" || return
	# The Release file of a suite that is being made may be past its date on a mirror.
	printf '%s\n' 'Acquire::Check-Valid-Until "false";' 'APT::Install-Recommends "false";' >"$root/etc/apt/apt.conf.d/90tests"
	apt-config dump | grep -i '^Acquire::.*Proxy' >>"$root/etc/apt/apt.conf.d/90tests"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d" # no service starts
	touch "$root/.complete"
}

# root_copy TOP ROOT: what the repository has, as it is now, to /source; older builds stay.
root_copy()
{
	mkdir -p "$2/source" && git -C "$1" ls-files -z -co --exclude-standard |
		(cd "$1" && xargs -0 ls -d 2>/dev/null) | tar -C "$1" -cf - -T - | tar -xf - -C "$2/source"
}
