#!/bin/sh
# Runs bubblewrap so that nothing of it stays behind. One that is killed while it starts leaves its second process
# waiting for ever: Linux tells only the first that its parent has died. Here it tells this shell, with SIGTERM, which
# ends its whole group. The first argument is the parent's number, as it may have died before Linux was asked to tell.
trap 'kill -KILL 0' TERM
[ "$PPID" = "$1" ] || exit 1
shift
# The shell gives a job in the background an empty standard input, and must not hold the real one open: whoever writes
# to a program that has gone must learn of it.
exec 9<&0
"$@" <&9 9<&- &
exec </dev/null 9<&-
wait $!
