#!/usr/bin/env bash
# On the machine with the card: unpacks the bundle, looks at the adapter, compares a short training with the portable engine, then measures
# updates on the card, PyTorch beside it, the engines on all cores, and PyTorch on two. At most 850 seconds; every part has a limit of its own, and
# what a part has measured is in the log when a later one is stopped. At most five files are left in $OUT.
set -u
export PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-$here/out}
mkdir -p "$out"
exec > >(tee "$out/log.txt") 2>&1
place=$(mktemp -d)
tar -xJf "$here/bundle.tar.xz" -C "$place" || exit 1
if ! ldconfig -p | grep -q libvulkan; then
  for f in "$here"/*.deb; do dpkg -x "$f" /; done
  ldconfig
fi
icd=$(find /usr /etc /opt -name 'nvidia_icd*.json' 2> /dev/null | head -n 1)
[ -n "$icd" ] && export VK_DRIVER_FILES=$icd
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2> /dev/null
lscpu 2> /dev/null | grep -E 'Model name|^CPU\(s\)|Thread|L2|L3'
cd "$place"
node=$place/node_modules/node/bin/node
chmod +x "$node"
export PATH=$place/node_modules/node/bin:$PATH NO_COLOR=1
timeout 40 "$node" packages/learner/src/cli/backends.ts
for engine in "--engine=portable" "--engine=tfjs --backend=webgpu"; do
  name=${engine##*=}
  # shellcheck disable=SC2086
  timeout 60 "$node" packages/learner/src/cli/train.ts --rows=20000 --iterations="${ITER:-6}" --validate-every=2 --seed=3 $engine \
    --out="$place/$name" 2>&1 | grep -aE 'engine|^iteration|^team|SHA-256|rror' | sed "s/^/[$name] /"
  cp "$place/$name/metrics.jsonl" "$out/$name.jsonl"
done
# One process for each size or group: the table is printed at the end of a process.
bench() { # NAME SECONDS OPTION...
  timeout "$2" "$node" packages/lab/src/bench/bench.ts "${@:3}" --rounds="${ROUNDS:-6}" --json="$place/bench.json" &&
    cat "$place/bench.json" >> "$out/$1.json"
}
for size in ${MINIBATCHES:-4096 16384 65536 262144}; do
  bench webgpu "${SIZE_S:-30}" --only=tfjs --backends=webgpu --minibatches="$size"
done
# shellcheck disable=SC2086
timeout "${PROFILE_S:-90}" "$node" packages/lab/src/bench/card-profile.bench.ts ${MINIBATCHES:-4096 16384 65536 262144}
timeout "${PEER_S:-100}" python3 "$here/peer_cuda.py"
for group in rollout training; do bench cores "${GROUP_S:-50}" --only="$group"; done
# PyTorch on two of the cores, beside the engines on the same two.
PEER="python3 packages/lab/peers/ppo_torch.py"
timeout "${CORES_S:-240}" taskset -c 0,1 "$node" packages/lab/src/bench/bench.ts --only=peer --peer="$PEER" --rounds="${ROUNDS:-6}"
