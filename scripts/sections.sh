# Sourced by the scripts beside it: headings with durations, and the name of the
# section in which a script stopped.

section_name=
section_start=0

section() {
	section_done
	section_name=$1
	section_start=$SECONDS
	printf '\n== %s\n' "$section_name"
}

section_done() {
	[ -z "$section_name" ] || printf -- '-- %s: %d s\n' "$section_name" "$((SECONDS - section_start))"
	section_name=
}

# The last act of a script: prints what it was doing when it failed.
section_end() {
	local status=$?
	if [ "$status" = 0 ]; then
		section_done
	else
		printf '\n!! failed in: %s (after %d s)\n' "${section_name:-the preparation}" "$((SECONDS - section_start))"
	fi
	return "$status"
}

trap section_end EXIT
