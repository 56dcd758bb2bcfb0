# shellcheck shell=bash disable=SC2154 # top, roots and part() are tests/platforms/run's
# Other processors: cross-built on Debian 13 with warnings as errors, and the unit tests run by QEMU. Sourced by tests/platforms/run.

# cross ARCHITECTURE TRIPLET PROCESSOR-OF-QEMU
cross()
{
	local arch=$1 triplet=$2 qemu=qemu-$3 root=$roots/trixie
	echo "$arch: on Debian 13"
	root_make trixie "$root" >"$logs/$arch-make.log" 2>&1 || {
		tail -n 5 "$logs/$arch-make.log" && failed=$((failed + 1))
		return
	}
	root_copy "$top" "$root"
	# shellcheck disable=SC2016
	part "$arch" "$root" /bin/bash -c '
		arch=$1 triplet=$2 qemu=$3
		cd /source && . tests/lib/packages.sh && dpkg --add-architecture "$arch" && apt-get -qq update || exit
		libraries=$(printf "%s\n" $packages_build libcmocka-dev | grep -- "-dev$" | sed "s/\$/:$arch/")
		apt-get -qq install -y build-essential autoconf automake libtool pkg-config "gcc-$triplet" "libc6-dev:$arch" \
			qemu-user $libraries </dev/null || exit
		[ -e configure ] || ./autogen.sh || exit
		rm -rf "/build-$arch" && mkdir "/build-$arch" && cd "/build-$arch" || exit # an older one may be of other libraries
		PKG_CONFIG_LIBDIR=/usr/lib/$(dpkg-architecture -a "$arch" -q DEB_HOST_MULTIARCH)/pkgconfig:/usr/share/pkgconfig PKG_CONFIG_PATH= \
			../source/configure --host="$triplet" --enable-werror --with-janus=no PKG_CONFIG=pkg-config || exit
		make -j"$(nproc)" check TESTS= || exit
		passed=0 failed=0
		for program in $(make -s --no-print-directory print-test-programs | grep ^tests/unit/); do
			srcdir=/source CMOCKA_MESSAGE_OUTPUT=TAP timeout 900 "$qemu" "$program" >log 2>&1
			status=$?
			cat log
			passed=$((passed + $(grep -c "^ok " log)))
			bad=$(grep -c "^not ok " log)
			[ $status = 0 ] || [ "$bad" != 0 ] || { bad=1 && echo "not ok - $program ended with $status"; }
			failed=$((failed + bad))
		done
		echo "$passed passed, $failed failed, 0 skipped"' cross "$arch" "$triplet" "$qemu"
	table+=("| 13, $arch (cross, QEMU) | $(version "$root" libavcodec-dev) | none | $(version "$root" libopus-dev) | $(chroot "$root" "$triplet-gcc" -dumpversion) | $result | - | - | - |")
}
