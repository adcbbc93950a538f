# syntax=docker/dockerfile:1
# One image for API and worker: the command chooses. Debian and not Alpine, because Temporal's native core comes for
# glibc only. test/stack/image.test.ts does these steps without a container engine: change both.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
# Before the sources, so that a change of code installs nothing anew.
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund && node scripts/prune-image.mjs

FROM node:20.20.2-bookworm-slim
# An init, so that a SIGTERM that comes before Node listens for it ends the process as well.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# Figures of the worker, and how its health is seen; 0.0.0.0:9464 shows them to Prometheus.
ENV NODE_ENV=production BATON_METRICS_ADDRESS=127.0.0.1:9464
# Owned by root: the process cannot change its own code.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
COPY deploy/health.mjs deploy/health.mjs
COPY config config
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "deploy/health.mjs"]
ENTRYPOINT ["tini", "--"]
# The worker: ["node", "dist/worker.js"]
CMD ["node", "dist/server.js"]
