# syntax=docker/dockerfile:1
# One image for web, worker and clock: `oriel web`, `oriel worker`, `oriel clock`; `oriel up` runs all of them.
# Build: docker build -t oriel .     How to run it: docs/deployment.md

# --- what all builds need: Python, Node and FFmpeg, with the versions that the lock files name
FROM debian:trixie-slim AS tools
# Versions of Debian's packages are not pinned (DL3008): a rebuild must take security updates.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-venv ffmpeg libatomic1 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY scripts/install_python.sh scripts/
COPY requirements-uv.lock ./

# --- the Python packages of the service, and nothing else
FROM tools AS packages
COPY requirements.lock ./
# uv is not needed afterwards.
RUN python3 -m venv /opt/oriel \
    && scripts/install_python.sh /opt/oriel requirements.lock \
    && rm -rf /opt/oriel/tools

# --- the frontend, and the wheel that it is part of
FROM tools AS wheel
COPY requirements-node.lock requirements-dev.lock ./
# numpy composes the example song and setuptools builds the wheel, both in the versions of the lock for development.
RUN awk '/^[^ #]/ { wanted = /^(numpy|setuptools)==/ } wanted' requirements-dev.lock >build.lock \
    && python3 -m venv .venv \
    && scripts/install_python.sh .venv build.lock \
    && .venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-node.lock
ENV PATH=/src/.venv/bin:$PATH
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY scripts/example_song.sh scripts/
COPY examples examples
COPY frontend frontend
RUN scripts/example_song.sh
COPY pyproject.toml README.md ./
COPY src src
RUN npm run --silent build -- --logLevel warn \
    && pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist .

# --- what runs
FROM debian:trixie-slim
# chromium draws, ffmpeg encodes, Mesa and EGL are the software OpenGL, Noto draws titles in every common script,
# bubblewrap confines the programs that read files from strangers, tini is the container's init, libatomic1 is for the
# Node that Playwright brings along, postgresql-client is for `oriel backup`.
# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates python3 tini chromium ffmpeg bubblewrap libatomic1 postgresql-client \
        libegl1 libegl-mesa0 libgl1-mesa-dri libgles2 \
        fontconfig fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/* \
    && fc-cache --force --system-only \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin oriel \
    && install --directory --owner=oriel --group=oriel --mode=0700 /data
COPY --from=packages /opt/oriel /opt/oriel
COPY --from=wheel /dist /dist
# Compiled here, because the user may not write there.
RUN /opt/oriel/bin/pip install --no-cache-dir --no-index --no-deps /dist/*.whl \
    && /opt/oriel/bin/python -m compileall -q /opt/oriel/lib \
    && /opt/oriel/bin/pip uninstall --yes --quiet pip \
    && rm -rf /dist
COPY deploy/image/healthy deploy/image/with-bucket-key /usr/local/bin/

ENV PATH=/opt/oriel/bin:$PATH \
    ORIEL_ENV=production \
    DATA_DIR=/data \
    PULSE_FILE=/tmp/oriel.pulse \
    XDG_CACHE_HOME=/tmp/cache \
    PYTHONUNBUFFERED=1
# A number, so that a host that refuses root can see that this is another user.
USER 10001:10001
WORKDIR /data
EXPOSE 5000
# tini passes SIGTERM on and buries orphaned processes.
ENTRYPOINT ["tini", "--"]
CMD ["oriel", "up"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["healthy"]
