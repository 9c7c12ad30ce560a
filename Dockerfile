# The command `vigil` in an image: docker build -t vigil . && docker run --rm -v "$PWD:/data" vigil train --dataset=synthetic
FROM node:24-bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /vigil
COPY . .
RUN npm ci && npx nx run vigil:pack --out=/packed

# The native engine is compiled where it will run: its kernels are those of the processor's family, all of which are in the file.
FROM node:24-bookworm-slim AS install
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY --from=build /packed /packed
RUN npm install --global --ignore-scripts --no-audit --no-fund /packed/*.tgz && vigil build-native

FROM node:24-bookworm-slim
COPY --from=install /usr/local/lib/node_modules/vigil /usr/local/lib/node_modules/vigil
RUN ln -s ../lib/node_modules/vigil/packages/vigil/src/cli/vigil.js /usr/local/bin/vigil
USER node
WORKDIR /data
ENTRYPOINT ["vigil"]
CMD ["help"]
