#!/bin/sh
# Playwright starts one program and gives it the browser's arguments alone. This one puts before them what confines the
# browser (browser_sandbox.py), which comes as quoted words of the shell.
words=$ORIEL_BROWSER_COMMAND
unset ORIEL_BROWSER_COMMAND
eval "exec $words \"\$@\""
