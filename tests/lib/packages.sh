# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016
# Debian packages and npm modules that building and testing need, and how they are installed. Sourced by bash scripts.

# To build everything, given Janus; and Janus's headers, which a Janus of one's own brings.
packages_build="build-essential autoconf automake libtool pkg-config
	libglib2.0-dev libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libswresample-dev libopus-dev libssl-dev
	libjansson-dev libsqlite3-dev"
packages_build_janus="janus-dev"

# To run it: Janus itself (packages_run_janus), a browser, a web server in front, and what looks at the files that come out.
packages_run_janus="janus"
packages_run="ffmpeg chromium nginx-light ca-certificates curl procps iproute2"

# To test it: loss (nft), a second WebRTC peer (aiortc), fuzzing (clang), style (clang-format), faults on file systems of
# the tests' own, and what the speed is compared with.
packages_test="libcmocka-dev nftables python3-aiortc python3-aiohttp strace valgrind clang libclang-rt-dev clang-format
	e2fsprogs xfsprogs btrfs-progs janus-tools gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
	xz-utils jq"

# What only the long run of the fault tests needs.
packages_faults="user-mode-linux dmsetup kmod"

# What only the long run of everything needs: players of HLS.
packages_players="mpv vlc-bin vlc-plugin-base"

# What only the long run of the end-to-end tests needs: a second browser.
packages_e2e="firefox-esr"

# The oldest Node.js that playwright-core and node:test reporters work on.
node_oldest=18

node_is_recent()
{
	command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge $node_oldest ]
}

# packages_missing NAME…: those that are not there. A command that is there counts, wherever it comes from.
packages_missing()
{
	local name command
	for name in "$@"; do
		command=$name
		case $name in
		nginx-light) command=nginx ;;
		gstreamer1.0-tools) command=gst-launch-1.0 ;;
		esac
		case $name in
		nodejs) node_is_recent || echo "$name" ;;
		npm) command -v npm >/dev/null && node_is_recent || echo "$name" ;;
		janus | ffmpeg | chromium | firefox-esr | nginx-light | curl | strace | clang | clang-format | gstreamer1.0-tools)
			[ -n "$(PATH=$PATH:/usr/sbin type -P "$command")" ] || echo "$name"
			;;
		*) [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name" ;;
		esac
	done
}

# What not every system has (Debian 13 has no Janus, others no Firefox ESR, whose tests are skipped then). Without Janus the
# engine and the tool are built and tested; the plugin is, too, when Janus was built by hand (configure --with-janus=PREFIX).
packages_not_everywhere=" janus janus-dev janus-tools firefox-esr "

# packages_known NAME: whether apt could install it. Before the first `apt-get update` it knows nothing, and cannot say no.
packages_known()
{
	apt-cache show --no-all-versions "$1" >/dev/null 2>&1 || ! apt-cache show --no-all-versions libglib2.0-dev >/dev/null 2>&1
}

# packages_possible NAME…: without those that this Debian does not have and that can be done without.
packages_possible()
{
	local name
	for name in "$@"; do
		if [[ $packages_not_everywhere != *" $name "* ]] || packages_known "$name"; then
			echo "$name"
		else
			echo "this Debian has no package $name: going on without" >&2
		fi
	done
}

# Debian starts a service as it installs it, unless a policy forbids it. This one forbids Janus and nginx alone, lasts
# only while we install, and gives way to a policy that is there already. Tests start servers of their own.
packages_forbid_services='#!/bin/sh
# Left by a test run of janus-tsrecorder that was interrupted; may be removed.
case $1 in janus* | nginx*) exit 101 ;; esac
exit 0'

# packages_progress: apt's status lines (KIND:PACKAGE:PERCENT:WHAT), as a line for each tenth of the way.
packages_progress()
{
	local kind package percent what told=-1 before=
	while IFS=: read -r kind package percent what; do
		[[ $kind =~ ^(dl|pm)status$ && $percent =~ ^[0-9]+ ]] || continue
		[ "$kind" = "$before" ] || told=-1
		before=$kind
		[ $((${BASH_REMATCH[0]} / 10)) -gt $told ] || continue
		told=$((${BASH_REMATCH[0]} / 10))
		[ "$kind" = dlstatus ] && kind=downloading || kind="installing"
		printf '  %-11s %3d %%  %s\n' "$kind" $((told * 10)) "$what"
	done
}

# packages_install NAME…: installs what is missing, with sudo when not root.
packages_install()
(
	set -o pipefail
	mapfile -t missing < <(packages_missing "$@")
	! command -v apt-cache >/dev/null || mapfile -t missing < <(packages_possible "${missing[@]}")
	[ ${#missing[@]} -gt 0 ] || exit 0
	if ! command -v apt-get >/dev/null; then
		echo "not a Debian system; please install what stands for: ${missing[*]}" >&2
		exit 1
	fi
	root=()
	[ "$(id -u)" = 0 ] || root=(sudo)
	apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq)
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap '"${root[@]}" rm -f $policy' EXIT
		printf '%s\n' "$packages_forbid_services" | "${root[@]}" tee $policy >/dev/null
		"${root[@]}" chmod 755 $policy
	fi
	echo "installing: ${missing[*]}"
	"${apt[@]}" update || exit 1
	mapfile -t missing < <(packages_possible "${missing[@]}" 2>/dev/null)
	# It takes minutes: apt tells how far it is, among what dpkg says. (sudo closes all other descriptors.)
	"${apt[@]}" -o APT::Status-Fd=1 install -y --no-install-recommends "${missing[@]}" </dev/null | packages_progress
)

# npm_install FOLDER: what its package-lock.json says, unless that is what is there.
npm_install()
{
	local stamp=$1/node_modules/.from-lock
	cmp -s "$1/package-lock.json" "$stamp" && return 0
	(cd "$1" && npm ci --no-audit --no-fund --loglevel=error) && cp "$1/package-lock.json" "$stamp"
}
