# shellcheck shell=bash disable=SC2154 # roots and holds() are tests/platforms/run's and package.sh's
# packaging/Containerfile, instruction by instruction in folders as packages of Debian make them: no container engine is needed.
# Then Chromium through its page. Sourced by tests/platforms/run.

# image_copy CONTEXT STAGE SOURCE… TARGET: as COPY does: of folders what is in them.
image_copy()
{
	local from=$1 stage=$2 target=${*: -1} source
	set -- "${@:3:$#-3}"
	[[ $# = 1 && $target != */ && ! -d $from/$1 ]] || mkdir -p "$stage$target"
	mkdir -p "$stage$(dirname "$target")"
	for source in "$@"; do
		# shellcheck disable=SC2086 # the pattern is COPY's
		if [ -d "$from/$source" ]; then cp -a "$from/$source/." "$stage$target"; else cp -a $from/$source "$stage$target"; fi || return
	done
}

# image_build BARE CONTEXT: $image_root is the last stage then, $image_user and $image_command what it runs.
image_build()
{
	local bare=$1 context=$2 line instruction rest from workdir=/ stages=0
	declare -A named
	while read -r line; do
		instruction=${line%% *} rest=${line#* }
		case $instruction in
		"" | "#"* | ARG | VOLUME) continue ;;
		FROM)
			image_root=$roots/image-$((++stages)) workdir=/ image_user=root
			package_fresh "$bare" "$image_root"
			[[ $rest != *" AS "* ]] || named[${rest##* AS }]=$image_root
			;;
		COPY)
			from=$context
			[[ $rest != --from=* ]] || { from=${rest#--from=} && from=${named[${from%% *}]} && rest=${rest#* }; }
			# shellcheck disable=SC2086 # its words
			image_copy "$from" "$image_root" $rest
			;;
		WORKDIR) workdir=$rest && mkdir -p "$image_root$workdir" ;;
		RUN) root_run "$image_root" /bin/sh -c "cd $workdir && $rest" </dev/null ;;
		USER) image_user=$rest ;;
		CMD) image_command=$(jq -r 'join(" ")' <<<"$rest") ;;
		*) false ;;
		esac || {
			echo "failed: $line"
			return 1
		}
	done < <(sed -e '/^#/d' -e ':join' -e '/\\$/{N;s/\\\n[[:space:]]*//;bjoin' -e '}' "$context/packaging/Containerfile")
}

# image_live SECONDS: what html-demo/run --try does, by the page that the container serves.
image_live()
{
	TSR_ROOT=$image_root TSR_USER=$image_user TSR_COMMAND=$image_command TSR_SECONDS=$1 "$top/tests/lib/netns" bash -c '
		. "$0/tests/platforms/root.sh"
		root_run "$TSR_ROOT" /usr/bin/setpriv --reuid="$TSR_USER" --regid="$TSR_USER" --clear-groups --no-new-privs $TSR_COMMAND >"$1" 2>&1 &
		image=$!
		for i in {1..50}; do
			curl -fs http://localhost:8090/janus/info | grep -q janus.plugin.tsrecorder && break
			sleep 0.2
		done
		node "$0/html-demo/try.mjs" http://localhost:8090/ "$TSR_SECONDS" "$TSR_ROOT/var/lib/janus/recordings"
		status=$?
		root_end $image
		tail -n 5 "$1"
		exit $status' "$top" "$logs/image.log"
}

image_tests()
{
	local bare=$roots/bookworm-bare context=$roots/image-context recorded
	image_root='' image_user='' image_command=''
	rm -rf "$context" && git clone -q --no-hardlinks "$top" "$context"
	holds "a system is made" root_make bookworm "$bare" || return
	holds "what its browser needs is there" npm_install "$top/html-demo" || return
	holds "the image is made of a clone" image_build "$bare" "$context" || return
	holds "it runs as a user of its own" [ "$image_user" = janus ]
	holds "its page records Chromium" image_live 10
	recorded=$(cd "$image_root/var/lib/janus/recordings" && find . -name '*.ts' | head -n 1)
	holds "its tool verifies what was recorded" root_run "$image_root" /usr/bin/janus-tsrec verify "/var/lib/janus/recordings/$recorded"
	rm -rf --one-file-system "$context" "$roots"/image-[12]
}
