# First stage: the locked dependencies and our own wheel in a virtual environment.
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src

# pip and the build tool, which is locked with the development tools, stay in an environment of
# their own. What runs has neither. otel.txt is runtime.txt and what sends traces.
COPY requirements requirements
RUN sed -n '/^setuptools==/,/# via/p' requirements/dev.txt > tool.txt \
    && python -m venv /opt/tools \
    && /opt/tools/bin/pip install --require-hashes --no-deps -r tool.txt \
    && python -m venv --without-pip /opt/spe-gateway \
    && /opt/tools/bin/pip --python /opt/spe-gateway install --require-hashes --no-deps \
        --no-compile -r requirements/otel.txt
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
# What no program runs goes: tests, stubs, sources in C. Nothing can be compiled later, so all is
# compiled now, and never compared with the sources again.
RUN /opt/tools/bin/pip wheel --no-build-isolation --no-deps --wheel-dir . . \
    && /opt/tools/bin/pip --python /opt/spe-gateway install --no-deps --no-compile ./*.whl \
    && find /opt/spe-gateway -type d -name tests -prune -exec rm -r {} + \
    && find /opt/spe-gateway -type f -regex '.*\.\(pyi\|pyx\|pxd\|c\|h\)' -delete \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/spe-gateway

# Second stage: no sources, no root. Everything that is written lies in the volume, so the file
# system may be read-only: docker run --read-only --tmpfs /tmp -v spe-gateway:/var/lib/spe-gateway …
FROM python:3.11-slim-bookworm

LABEL org.opencontainers.image.title="spe-gateway" \
    org.opencontainers.image.description="REST gateway and multi-server broker for MailStore SPE" \
    org.opencontainers.image.licenses="MIT"
# Nobody becomes another user here: no program keeps its set-user-id bit.
RUN groupadd --gid 10001 gateway \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/spe-gateway \
        --shell /usr/sbin/nologin gateway \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/spe-gateway \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=build /opt/spe-gateway /opt/spe-gateway

ENV PATH=/opt/spe-gateway/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SPE_GATEWAY_HOME=/var/lib/spe-gateway
USER 10001:10001
WORKDIR /var/lib/spe-gateway
VOLUME /var/lib/spe-gateway
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]

# Once before the first start: docker run … spe-gateway init
CMD ["spe-gateway", "serve", "--bind", "0.0.0.0:8080"]
