#!/bin/sh
# Runs `example.invert_cuda` on an NVIDIA card in the program itself, and compares with what the processor makes of the same,
# byte for byte: `plugins/host/tests/cuda.sh SMALTO LIBRARY OUT [DEVICE]`.
#
# SMALTO is the program, built with the feature `cuda`; LIBRARY is plugins/examples/invert_cuda, compiled; what comes out is
# left in OUT. DEVICE is `cuda` unless given. With `cpu` nothing is on a card, and the script says so by failing.
set -eu
smalto=$(realpath "$1")
library=$(realpath "$2")
mkdir -p "$3"
out=$(realpath "$3")
device=${4:-cuda}
cd "$(dirname "$0")/../../.."
data=$PWD/workflows

# A machine of this script's own: what the user trusts stays untouched.
machine=$(mktemp -d)
trap 'rm -r "$machine"' EXIT
export HOME="$machine" XDG_CONFIG_HOME="$machine/config" XDG_DATA_HOME="$machine/data" XDG_CACHE_HOME="$machine/cache"
export SMALTO_PLUGIN_PATH="$machine/plugins"
mkdir -p "$machine/plugins/invert_cuda"
cp plugins/examples/invert_cuda/plugin.toml "$machine/plugins/invert_cuda/"
cp "$library" "$machine/plugins/invert_cuda/libinvert_cuda.so"

# One picture, turned around: `one NAME OWN_MEMORY`.
one() {
    cat > "$out/$1.ron" <<RON
(format: 1, plugins: {"org.smalto.invert-cuda": "^1"}, nodes: {
    "picture": (kind: "input.image", version: 1, params: {"path": "$data/data/emoji/fluent-3d/duck.webp", "width": 1000, "height": 776}),
    "invert": (kind: "example.invert_cuda", version: 1, params: {"own_memory": $2}),
}, wires: [("picture.image", "invert.image")], interface: (params: {}, outputs: {"image": "invert.image"}))
RON
}

# Two lanes that run beside each other, each five times through the networks and ten times through the plugin after each,
# whose last nodes make room for themselves: the plugin's kernels and those of the networks lie between each other.
chain() {
    nodes="" wires=""
    for lane in duck fox; do
        before="$lane"
        nodes="$nodes
    \"$lane\": (kind: \"input.image\", version: 1, params: {\"path\": \"$data/data/emoji/fluent-3d/$lane.webp\", \"width\": 512, \"height\": 512}),"
        for round in 1 2 3 4 5; do
            nodes="$nodes
    \"${lane}_encode_$round\": (kind: \"tokenizer.encode\", version: 1),
    \"${lane}_decode_$round\": (kind: \"decoder.decode\", version: 1),"
            wires="$wires
    (\"$before.image\", \"${lane}_encode_$round.image\"),
    (\"tokenizer.tokenizer\", \"${lane}_encode_$round.tokenizer\"),
    (\"${lane}_encode_$round.tokens\", \"${lane}_decode_$round.tokens\"),
    (\"tokenizer.tokenizer\", \"${lane}_decode_$round.tokenizer\"),"
            before="${lane}_decode_$round"
            for turn in 1 2 3 4 5 6 7 8 9 10; do
                own=false
                [ "$turn" = 10 ] && own=true
                nodes="$nodes
    \"${lane}_invert_${round}_$turn\": (kind: \"example.invert_cuda\", version: 1, params: {\"own_memory\": $own}),"
                wires="$wires
    (\"$before.image\", \"${lane}_invert_${round}_$turn.image\"),"
                before="${lane}_invert_${round}_$turn"
            done
        done
        wires="$wires
    (\"$before.image\", \"both.image\"),"
    done
    cat > "$out/chain.ron" <<RON
(format: 1, plugins: {"org.smalto.invert-cuda": "^1"}, nodes: {$nodes
    "tokenizer": (kind: "tokenizer.load", version: 1, params: {"path": "$data/models/emoji/tokenizer"}),
    "both": (kind: "image.concat", version: 1),
}, wires: [$wires
], interface: (params: {}, outputs: {"image": "both.image"}))
RON
}

# Runs a workflow and counts the nodes that were on the card: `run WORKFLOW DEVICE RESULT ON_THE_CARD`.
run() {
    "$smalto" run "$out/$1.ron" --device "$2" --no-metadata --json --out "$machine/result" > "$out/$3.jsonl"
    mv "$machine/result/image.png" "$out/$3.png"
    found=$(grep -c "queued on the card" "$out/$3.jsonl") || true
    if [ "$found" != "$4" ]; then
        echo "$3: $found nodes were on the card, expected $4" >&2
        exit 1
    fi
}

same() {
    cmp "$out/$1.png" "$out/$2.png"
    echo "$1 and $2 are the same, byte for byte"
}

one host false
one own true
chain

# In a process of its own the plugin gets the memory of the processor, whatever the program computes on.
"$smalto" plugins trust org.smalto.invert-cuda
run host cpu processor 0
run host "$device" worker 0
same processor worker
run chain "$device" chain_worker 0
"$smalto" plugins untrust org.smalto.invert-cuda

"$smalto" plugins trust --in-process org.smalto.invert-cuda
run host cpu processor_in_process 0
same processor processor_in_process
run host "$device" card 1
same processor card
run own "$device" card_own 1
same processor card_own
for time in 1 2 3; do
    run chain "$device" "chain_card_$time" 100
done
# Work that is out of order is seldom so twice in the same way.
same chain_card_1 chain_card_2
same chain_card_1 chain_card_3
same chain_worker chain_card_1
echo "the plugin did on the card what it does on the processor"
