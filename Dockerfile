# syntax=docker/dockerfile:1
# One image with the worker of every vendor: one thing to build, scan, sign and pull, and the layers are the same on every node.
# A worker is some 15 MB; which one runs is the pod's command. No stage names a vendor.
#
#   docker build -t push-fleet .                              the image
#   docker build --target sbom --output type=local,dest=sbom .    its software bill of materials, CycloneDX, a file per worker

FROM rust:1.90-slim-bookworm AS source
# A C compiler, make and cmake: the TLS library and the allocator are built from source.
RUN apt-get update && apt-get install -y --no-install-recommends build-essential ca-certificates cmake \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .

FROM source AS build
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    for worker in workers/*/Cargo.toml; do set -- "$@" -p "push-$(basename "$(dirname "$worker")")"; done \
    && cargo build --locked --release "$@" --bins \
    && for worker in workers/*/Cargo.toml; do \
        strip -o "/usr/local/bin/push-$(basename "$(dirname "$worker")")" \
            "target/release/push-$(basename "$(dirname "$worker")")"; done \
    && helm/rootfs.sh /rootfs /usr/local/bin/push-*

FROM source AS bills
RUN cargo install --locked cargo-cyclonedx --version 0.5.9
RUN cargo cyclonedx --format json --spec-version 1.5 \
    && mkdir /bills && cp workers/*/*.cdx.json /bills/

FROM scratch AS sbom
COPY --from=bills /bills /

FROM scratch
COPY --from=build /rootfs /
COPY LICENSE /LICENSE
ENV PATH=/usr/local/bin
# A number, so that runAsNonRoot can be checked without reading the image.
USER 65532:65532
EXPOSE 9090
STOPSIGNAL SIGTERM
