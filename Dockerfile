# First stage: the locked dependencies and our own wheel in a virtual environment.
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

RUN python -m venv /opt/spe-gateway
WORKDIR /src
COPY requirements requirements
RUN /opt/spe-gateway/bin/pip install --require-hashes --no-deps -r requirements/runtime.txt
# The build tool is locked too, with the development tools, and stays in this stage.
RUN sed -n '/^setuptools==/,/# via/p' requirements/dev.txt > build.txt \
    && pip install --require-hashes --no-deps -r build.txt
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
RUN pip wheel --no-build-isolation --no-deps --wheel-dir . . \
    && /opt/spe-gateway/bin/pip install --no-deps ./*.whl

# Second stage: no sources, no root. Everything that is written lies in the volume, so the file
# system may be read-only: docker run --read-only --tmpfs /tmp -v spe-gateway:/var/lib/spe-gateway …
FROM python:3.11-slim-bookworm

RUN groupadd --gid 10001 gateway \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/spe-gateway \
        --shell /usr/sbin/nologin gateway \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/spe-gateway
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
