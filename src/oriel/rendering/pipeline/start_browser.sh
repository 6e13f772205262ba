#!/bin/sh
# Playwright starts one program and gives it the browser's arguments alone. This one puts before them what confines the
# browser (browser_sandbox.py), which comes as quoted words of the shell, and what ends all of it with our parent.
words=$ORIEL_BROWSER_COMMAND
unset ORIEL_BROWSER_COMMAND
if command -v setpriv >/dev/null; then
    words="setpriv --pdeathsig TERM -- /bin/sh \"\${0%/*}/end_together.sh\" $PPID $words"
fi
eval "exec $words \"\$@\""
