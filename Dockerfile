# syntax=docker/dockerfile:1
# Import Desk. The same image is the web server, the worker, and every command:
#   web     (the default)   gunicorn on port 8000
#   worker                  python manage.py run_worker
#   set-up, once a version  python manage.py set_up
# compose.yaml beside this file runs all of them with a read-only root file system.
# Single sign-on and the second factor need more packages: --build-arg REQUIREMENTS=sso

FROM python:3.11-slim-bookworm AS packages
ARG REQUIREMENTS=run
COPY requirements/${REQUIREMENTS}.txt /tmp/requirements.txt
# Versions and hashes are pinned in the file; a package that isn't is refused.
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-compile \
      --require-hashes --only-binary=:all: -r /tmp/requirements.txt \
 && /opt/venv/bin/pip uninstall --yes --quiet pip setuptools

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENV_FILE= \
    VAR_DIR=/data \
    LOG_FORMAT=json
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin desk \
 && install -d -o desk -g desk -m 700 /data /backups
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/import-desk
COPY manage.py pyproject.toml ./
COPY importer_site importer_site
COPY jobs jobs
COPY templates templates
COPY static static
COPY docs docs
# Compiled now, because the root file system is read-only when it runs.
RUN python -m compileall -q importer_site jobs /opt/venv/lib
USER desk
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "importer_site.wsgi", "--config", "python:importer_site.gunicorn_conf", "--bind", "0.0.0.0:8000"]
