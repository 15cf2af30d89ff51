# One image for every process of nowalls; docker-compose.yml says which one a container is.
FROM python:3.11-slim-bookworm

WORKDIR /app
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
COPY bootstrap/ bootstrap/
COPY api/ api/
COPY processes/ processes/
COPY simulations/ simulations/
COPY migrations/ migrations/
COPY docs/ docs/

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
