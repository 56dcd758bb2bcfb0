# SPDX-License-Identifier: GPL-3.0-or-later
# Janus and nginx of the demo: a folder with their configuration, start, watch and stop. Sourced by html-demo/run.
# shellcheck shell=bash disable=SC2154 # top, demo, … are set by html-demo/run

work=
janus_pid=
nginx_pid=
page=
secret=

# free_ports COUNT [FIRST]: that many free TCP ports; with FIRST the first one is the first free port from there.
free_ports()
{
	node - "$@" <<-'SCRIPT'
	const net = require('node:net');
	const [count, first] = process.argv.slice(2).map(Number);
	const listen = port => new Promise((done, fail) => {
		const server = net.createServer().on('error', fail).listen(port, '127.0.0.1', () => done(server));
	});
	const listenFrom = port => listen(port).catch(error => port < first + 200 ? listenFrom(port + 1) : Promise.reject(error));
	(async () => {
		const servers = [first ? await listenFrom(first) : await listen(0)];
		while (servers.length < count)
			servers.push(await listen(0));
		console.log(servers.map(server => server.address().port).join(' '));
		servers.forEach(server => server.close());
	})();
	SCRIPT
}

# Where this Janus keeps its transports: Debian has a multiarch folder, a build from source has lib/janus.
janus_libraries()
{
	local folder
	for folder in "${janus_prefix:-/usr}"/lib/*/janus "${janus_prefix:-/usr}"/lib64/janus "${janus_prefix:-/usr}"/lib/janus; do
		[[ -d $folder/transports ]] && echo "$folder" && return
	done
	die "no Janus transports below ${janus_prefix:-/usr}"
}

# fill TEMPLATE TARGET: replaces @NAME@ by the variable of that name.
fill()
{
	local line name
	while IFS= read -r line; do
		while [[ $line =~ @([a-z_]+)@ ]]; do
			name=${BASH_REMATCH[1]}
			line=${line//"@$name@"/"${!name}"}
		done
		printf '%s\n' "$line"
	done <"$1" >"$2"
}

# shellcheck disable=SC2034 # the variables are for the templates
prepare_folder()
{
	local http_port ws_port admin_port libraries user group plugin=$build/.libs/libjanus_tsrecorder.so template
	[[ -e $plugin ]] || die "no plugin in $build: remove that folder and run this again"
	libraries=$(janus_libraries)
	user=$(id -un)
	group=$(id -gn)
	work=$(mktemp -d "${TMPDIR:-/tmp}/tsrecorder-demo.XXXXXX")
	mkdir "$work"/{conf,plugins,transports,events,loggers,nginx}
	ln -s "$plugin" "$work/plugins/"
	ln -s "$libraries"/transports/libjanus_{http,websockets}.so "$work/transports/"
	# Rooms to record; without it the page says that there are none.
	[[ ! -e $libraries/plugins/libjanus_videoroom.so ]] || ln -s "$libraries/plugins/libjanus_videoroom.so" "$work/plugins/"
	secret=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
	read -r port http_port ws_port admin_port <<<"$(free_ports 4 "${port:-8090}")"
	page=http://127.0.0.1:$port/
	for template in "$demo"/conf/*.in; do
		fill "$template" "$work/conf/$(basename "$template" .in)"
	done
}

# Children die with us even if we are killed with no chance to stop them. They have sessions of their own: Ctrl-C in the terminal is
# for this script, which ends them in order.
start_janus()
{
	setsid setpriv --pdeathsig TERM "${janus_prefix:+$janus_prefix/bin/}janus" -F "$work/conf" -C "$work/conf/janus.jcfg" \
		--disable-colors </dev/null >>"$work/janus.log" 2>&1 &
	janus_pid=$!
	wait_for "$page"janus/info "$janus_pid" || {
		tail -n 30 "$work/janus.log" >&2
		die "Janus does not start"
	}
	[[ $(get "$page"janus/info) == *janus.plugin.tsrecorder* ]] || {
		tail -n 30 "$work/janus.log" >&2
		die "Janus does not take the plugin"
	}
}

start_nginx()
{
	setsid setpriv --pdeathsig TERM nginx -p "$work/nginx" -e "$work/nginx.log" -c "$work/conf/nginx.conf" \
		</dev/null >>"$work/nginx.log" 2>&1 &
	nginx_pid=$!
	wait_for "$page" "$nginx_pid" || {
		tail -n 10 "$work/nginx.log" >&2
		die "nginx does not start"
	}
}

get()
{
	node -e 'fetch(process.argv[1]).then(async r => { console.log(await r.text()); process.exit(r.ok ? 0 : 1) }, () => process.exit(1))' "$1"
}

# wait_for URL PID: until it answers; fails when the process ends before, or after 10 s.
wait_for()
{
	local i
	for ((i = 0; i < 50; i++)); do
		get "$1" >/dev/null && return
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.2
	done
	return 1
}

start_stack()
{
	prepare_folder
	start_nginx
	start_janus
}

# watch_stack [PID]: until PID ends, whose exit status is ours then. Janus is started again when it dies, as a service manager would.
watch_stack()
{
	local died status started=$SECONDS
	while :; do
		status=0
		wait -n -p died "$janus_pid" "$nginx_pid" "$@" || status=$?
		case $died in
		"$nginx_pid")
			nginx_pid=
			tail -n 10 "$work/nginx.log" >&2
			die "nginx ended ($status)"
			;;
		"$janus_pid")
			janus_pid=
			((SECONDS - started > 2)) || {
				tail -n 30 "$work/janus.log" >&2
				die "Janus ended at once ($status)"
			}
			started=$SECONDS
			start_janus
			echo "Janus ended ($status) and was started again: pid $janus_pid"
			;;
		*) exit "$status" ;;
		esac
	done
}

# stop_one PID: asks, waits 10 s, then kills.
stop_one()
{
	local i
	[[ -n $1 ]] && kill -TERM "$1" 2>/dev/null || return 0
	for ((i = 0; i < 100; i++)); do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

stop_stack()
{
	trap '' INT TERM HUP
	stop_one "${try_pid:-}"
	stop_one "$janus_pid"
	stop_one "$nginx_pid"
	[[ -z $work ]] || rm -rf "$work"
}
