# The pages are built in a stage of their own: no Node in the image that runs.
FROM python:3.11-slim-bookworm AS web

WORKDIR /app
COPY run.py requirements-web.lock ./
COPY tools/ tools/
COPY web/ web/
COPY docs/openapi.json docs/
RUN python3 run.py web

# One image for every process of nowalls; docker-compose.yml says which one a container is.
FROM python:3.11-slim-bookworm

WORKDIR /app
# the Chinese font that is embedded in statements and cards
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/*
# the packages first: they change less often than the rooms
COPY run.py requirements.lock ./
COPY tools/ tools/
RUN python3 run.py setup

COPY kit/ kit/
COPY events/ events/
COPY registry/ registry/
COPY providers/ providers/
COPY routing/ routing/
COPY dispatch/ dispatch/
COPY civil/ civil/
COPY bootstrap/ bootstrap/
COPY api/ api/
COPY processes/ processes/
COPY simulations/ simulations/
COPY migrations/ migrations/
COPY docs/ docs/
COPY --from=web /app/api/static/ api/static/

# nothing of the program can be written by the program; its state, and numba's machine code, lie on the volume
RUN useradd --system --uid 10001 nowalls && install -d -o nowalls -g nowalls -m 0700 /var/lib/nowalls
ENV NOWALLS_HOME=/var/lib/nowalls \
    XDG_CACHE_HOME=/var/lib/nowalls/cache \
    PYTHONUNBUFFERED=1
VOLUME /var/lib/nowalls
USER nowalls
EXPOSE 8000

ENTRYPOINT ["/app/.venv/bin/python", "-m"]
CMD ["processes", "serve"]
