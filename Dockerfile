# tidings as a container image:
#   docker build --tag tidings .        or        buildah build --tag tidings .
# Both bases may be others, so that it builds where no registry is to be had (the end-to-end suite makes them from Debian's
# packages). BUILD_BASE: a shell, npm, and Node 24 as /usr/local/bin/node. RUN_BASE: glibc and libstdc++, whatever else.
ARG BUILD_BASE=node:24-bookworm-slim
ARG RUN_BASE=debian:bookworm-slim

FROM ${BUILD_BASE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# The only script among the dependencies brings a Node, and there is one.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.ts scripts/
COPY src src
# Declarations and source maps are half of what is left, and nothing reads them.
RUN npm run build && npm prune --omit=dev --ignore-scripts \
    && find dist node_modules -type f \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.map' \) -delete

FROM ${RUN_BASE}
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY package.json LICENSE ./
COPY recordings recordings
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
ENV NODE_ENV=production
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080
# Nothing is written to the file system. The flag: docs/adr/0017.
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=4", "/app/dist/main.js"]
CMD ["run"]

# Set by `npm run docs` to what package.json says.
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="tidings" \
      org.opencontainers.image.description="Kubernetes Events, delivered: every Event of a cluster as an OpenTelemetry log record" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
