# One image, three processes: `qalam controller`, `qalam store`, and the collector beside each trial.
# Bundles, not sources: the first stage makes them, and takes along the pinned Node of package-lock.json, from npm.
FROM node:24-trixie-slim AS bundles
WORKDIR /build
COPY package.json package-lock.json ./
# Without scripts: nothing of what we depend on needs one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY api api
COPY numerics numerics
COPY suggestion suggestion
COPY earlystop earlystop
COPY kinds kinds
COPY collector collector
COPY store store
COPY kube kube
COPY controller controller
COPY server server
COPY standalone standalone
COPY cli cli
COPY examples examples
COPY manifests/entrypoint manifests/entrypoint
RUN npm run build && mv dist /app && cp node_modules/node-linux-*/bin/node /app/node
WORKDIR /app
# Compiled once, here: a collector starts in a quarter of the time, and the root is read-only.
ENV NODE_COMPILE_CACHE=/app/.compiled
RUN mkdir .compiled && chown 65532:65532 .compiled
USER 65532:65532
RUN ./qalam version && for verb in controller store collector; do ./qalam $verb || true; done

FROM debian:trixie-slim
# The one library that Node needs and Debian's smallest image does not have.
RUN apt-get update \
  && apt-get install -y --no-install-recommends libatomic1 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=bundles /app /app
RUN ln -s /app/qalam /usr/local/bin/qalam
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.compiled HOME=/tmp
USER 65532:65532
ENTRYPOINT ["/app/qalam"]
CMD ["version"]
