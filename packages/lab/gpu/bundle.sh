#!/usr/bin/env bash
# Packs the project as it stands into .gpu/ of its root: what a bare machine with a card and no network needs. Run it in the project's root, on Debian, as root.
# There: bash .gpu/run.sh (figures on the terminal and under $OUT). Takes about five minutes and 60 MB.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(git rev-parse --show-toplevel)
cd "$root"
exclude=$(git rev-parse --git-path info/exclude)
grep -qs '^/.gpu/$' "$exclude" || echo '/.gpu/' >> "$exclude"
apt-get update -qq
apt-get install -y -qq strace xz-utils > /dev/null
rm -rf .gpu
mkdir -p .gpu/partial
(cd .gpu && apt-get download libvulkan1 libegl1 libglvnd0 libopengl0 libgl1 libglx0 libgles2 > /dev/null)
rmdir .gpu/partial
work=$(mktemp -d)
git clone -q "$root" "$work/p"
cd "$work/p"
npm ci > /dev/null
npm install --no-save webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0 > /dev/null
npx nx run-many -t build > /dev/null
export PATH=$work/p/node_modules/node/bin:$PATH

# Which files are read is seen by running what will run there. Without an adapter webgpu ends early, but its modules are loaded.
strace -f -qq -e trace=openat,open -o "$work/trace" bash -c '
  node packages/lab/src/bench/bench.ts --only=tfjs --backends=webgpu,cpu --minibatches=1024 --rounds=1
  node packages/lab/src/bench/card-profile.bench.ts 1024
  node packages/lab/src/bench/bench.ts --only=environment,rollout,training --cores=1 --rounds=1
  node packages/learner/src/cli/backends.ts
  node packages/learner/src/cli/train.ts --rows=4000 --iterations=1 --rows-per-iteration=1024 --engine=portable --out='"$work"'/r1
  node packages/learner/src/cli/train.ts --rows=4000 --iterations=1 --rows-per-iteration=1024 --engine=tfjs --backend=webgpu --out='"$work"'/r2' > "$work/log" 2>&1 || true
{
  grep -oE '"[^"]+"' "$work/trace" | tr -d '"' | sed "s#^\([^/]\)#$work/p/\1#" | grep "^$work/p/" | sort -u |
    while read -r f; do if [ -f "$f" ]; then realpath --relative-to=. "$f"; fi; done
  git ls-files packages tools package.json tsconfig.base.json
  find packages tools \( -path '*/build/*' -o -path '*/generated/*' \) -not -path '*/node_modules/*'
  find node_modules -maxdepth 2 -type l
  find node_modules/webgpu/dist/linux-x64 node_modules/@duckdb \( -name '*.node' -o -name '*.so' \)
} | grep -v '^\.\.' | sort -u | while read -r f; do if [ -L "$f" ] || [ -f "$f" ]; then echo "$f"; fi; done > "$work/all"
tar -cf - -T "$work/all" | xz -T0 -6 > "$root/.gpu/bundle.tar.xz"
cp "$here/run.sh" "$here/peer_cuda.py" "$root/.gpu/"
rm -rf "$work"
ls -la "$root/.gpu"
