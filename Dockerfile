# The service as an image. The configuration comes to /config, data stay in /data; see docs/operating.md.
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY requirements/build.txt requirements/run.txt requirements/
RUN python -m venv /opt/plancycle \
    && /opt/plancycle/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt \
    && pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY . .
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/plancycle/bin/pip install --no-cache-dir --no-deps /wheel/plancycle-*.whl

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin plancycle \
    && install -d -o plancycle -g plancycle -m 0700 /data
COPY --from=build /opt/plancycle /opt/plancycle
ENV PATH=/opt/plancycle/bin:$PATH PYTHONUNBUFFERED=1
USER plancycle
WORKDIR /data
VOLUME ["/config", "/data"]
# Keys: mount a file and name it in PLANCYCLE_KEYS_FILE.
STOPSIGNAL SIGTERM
CMD ["plancycle", "run", "--config", "/config"]
