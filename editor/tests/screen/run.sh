#!/usr/bin/env bash
# Drives the editor in a real window as a person would: adds nodes by search, wires them, sets a prompt, runs, sees the
# picture, undoes three times, saves, closes, reopens; then kills it in mid-edit and takes its changes up again.
#
# usage: editor/tests/screen/run.sh SMALTO_EDITOR SMALTO OUT
# needs: Xvfb, xdotool, ImageMagick. Screenshots and files are left in OUT.
set -euo pipefail

editor=$(realpath "$1")
smalto=$(realpath "$2")
mkdir -p "$3"
out=$(realpath "$3")
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)

# A person with nothing set yet, who works where the models lie.
home=$(mktemp -d)
export HOME="$home" XDG_CONFIG_HOME="$home/config" XDG_STATE_HOME="$home/state"
export ICED_BACKEND="${ICED_BACKEND:-tiny-skia}" XDG_RUNTIME_DIR="$home"
work="$home/work"
mkdir -p "$work"
cp -r "$repository/workflows/models" "$work/models"
cd "$work"

display=:$((200 + RANDOM % 500))
Xvfb "$display" -screen 0 1280x800x24 -nolisten tcp >/dev/null 2>&1 &
screen=$!
export DISPLAY="$display"
pid=
finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
    kill "$screen" 2>/dev/null || true
    rm -rf "$home"
}
trap finish EXIT

fail() {
    import -window root "$out/failed.png" || true
    echo "failed: $1; see $out/failed.png" >&2
    exit 1
}

# Waits until a command succeeds.
wait_for() { # WHAT COMMAND...
    local what=$1
    shift
    for _ in $(seq 1 240); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.25
    done
    fail "$what"
}

# Waits until the editor has done all that it was asked for: its main thread sleeps whenever it is looked at.
rest() {
    local quiet=0 state
    sleep 0.1
    for _ in $(seq 1 400); do
        read -r _ _ state _ <"/proc/$pid/stat"
        if [ "$state" = S ]; then quiet=$((quiet + 1)); else quiet=0; fi
        [ "$quiet" -lt 8 ] || return 0
        sleep 0.03
    done
}

# More colours than this are on the screen.
has_colours() { # COUNT
    [ "$(import -window root rgb:- | convert -size 1280x800 -depth 8 rgb:- -format '%k' info:)" -gt "$1" ]
}

picture() { # NAME
    rest
    import -window root "$out/$1.png"
}

key() {
    xdotool key --delay 60 "$@"
    rest
}

words() {
    xdotool type --delay 30 -- "$1"
    rest
}

click() {
    xdotool click 1
    rest
}

point() {
    xdotool mousemove "$1" "$2"
    rest
}

start() { # FILE...
    local since=$EPOCHREALTIME
    "$editor" --device cpu -- "$@" 2>>"$out/stderr" &
    pid=$!
    wait_for "no window came" xdotool search --onlyvisible --name Smalto
    window=$(xdotool search --onlyvisible --name Smalto | tail -n 1)
    wait_for "nothing was drawn" has_colours 20
    echo "drawn $(awk "BEGIN { printf \"%.2f\", $EPOCHREALTIME - $since }") s after its start"
    xdotool windowmove "$window" 0 0 windowsize "$window" 1280 800 windowfocus "$window"
    rest
}

# Adds the node that a search finds first, where the pointer is.
add() { # X Y QUERY
    point "$1" "$2"
    key Tab
    words "$3"
    key Return
}

# Wires the selected node with what a search among all that it can be wired to finds first.
connect() { # QUERY
    key c
    words "$1"
    key Return
}

# Writes the workflow to a file that is typed.
save_as() { # FILE
    key ctrl+shift+s
    key ctrl+a
    words "$1"
    key Return
    wait_for "$1 was not written" test -s "$1"
    rest
}

quit() {
    xdotool key ctrl+q
    wait_for "the editor did not end" bash -c "! kill -0 $pid"
    pid=
}

# Types into a parameter that stands in a node.
set_inline() { # X Y TEXT
    xdotool mousemove "$1" "$2"
    rest
    click
    key ctrl+a
    words "$3"
    key Return
}

wait_for "there is no screen" xdotool getdisplaygeometry
start
picture 1_empty

add 60 120 "text input"
add 60 290 "load denoiser"
set_inline 187 360 "models/emoji/denoiser"
add 60 420 "load tokenizer"
set_inline 187 490 "models/emoji/tokenizer"
add 310 120 "encode prompt"
connect "text"
connect "denoiser"
add 550 120 "edit sampler"
connect "prompt"
connect "denoiser"
add 790 120 "decode tokens"
connect "tokens"
connect "tokenizer"
picture 2_wired

# A prompt, few steps, and the picture.
point 150 230
click
words "a red apple on a blue background"
set_inline 675 286 16
set_inline 675 310 3
set_inline 675 334 2
key Escape
colours=$(convert "$out/2_wired.png" -format '%k' info:)
key ctrl+Return
wait_for "no picture was painted" has_colours $((colours + 1000))
picture 3_painted

# The picture as a file, which `smalto run` paints again.
point 880 330
xdotool click --repeat 2 --delay 80 1
rest
picture 4_viewer
key Escape

# Three steps back, and the file.
key ctrl+z ctrl+z ctrl+z
save_as "$work/mine.ron"
picture 5_saved
cp mine.ron "$out/mine.ron"
"$smalto" fmt --check mine.ron || fail "what was saved is not in canonical form"
"$smalto" check mine.ron >/dev/null || fail "what was saved has problems"

# Closed and opened again, it is the same document.
quit
start mine.ron
picture 6_reopened
save_as "$work/again.ron"
cmp mine.ron again.ron || fail "the document has changed"

# Killed in mid-edit, all but the last second comes back.
add 310 560 "grid"
sleep 1.5
{ kill -9 "$pid" && wait "$pid"; } 2>/dev/null || true
start again.ron
picture 7_recovery
point 858 114
click
picture 8_recovered
save_as "$work/recovered.ron"
grep -q '"output.grid"' recovered.ron || fail "the node was not recovered"
cmp again.ron mine.ron || fail "the file itself was written"
quit

# What was made here runs without the editor.
"$smalto" run mine.ron --until decode --out headless >/dev/null 2>&1 || fail "it does not run headless"
echo "all as it should be; pictures are in $out"
