# The operator is one file, dist/main.mjs, that a Node runs: no package is in the final image.
ARG NODE_IMAGE=docker.io/library/node:26-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs26-debian13:nonroot

FROM ${NODE_IMAGE} AS build
WORKDIR /work
COPY package.json package-lock.json ./
RUN npm ci --no-fund --no-audit --loglevel=error
COPY tsconfig.json ./
COPY hack hack
COPY src src
COPY webhook webhook
COPY controllers controllers
RUN npm run build

FROM ${BASE_IMAGE}
COPY --from=build /work/dist/main.mjs /work/dist/main.mjs.LEGAL.txt /work/dist/sbom.cdx.json /app/
# Where it comes from is for whoever builds it to say: --label org.opencontainers.image.source=..., .revision=...
LABEL org.opencontainers.image.title="fluent-pvc-operator" \
      org.opencontainers.image.description="Kubernetes operator that gives every labelled Pod a volume of its own and drains it before it is released" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
USER 65532:65532
ENV NODE_ENV=production
# Left to itself, Node takes 256 MiB of heap for granted, whatever the limit of the container: it would be
# killed before it collected. The other half of the limit is for what is no heap. What is new in the heap may
# take three times so many MiB as the second option says, 16 by default: all of them stay in the RSS after the
# first burst of admissions. The chart sets the same.
ENV NODE_OPTIONS="--max-old-space-size-percentage=50 --max-semi-space-size=4"
# distroless: the entry point is node
CMD ["/app/main.mjs", "all"]
