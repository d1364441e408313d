FROM python:3.13-slim AS build
WORKDIR /src
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/opt/masthead UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
# What is needed changes less often than the code: a layer of its own.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-default-groups --no-install-project
COPY LICENSE README.md masthead.py ./
COPY collectors ./collectors
COPY dashboard ./dashboard
COPY data ./data
# Without the small plotly.js the page would work and be 1 MB heavier: no image of that.
RUN uv sync --locked --no-default-groups --no-editable \
 && /opt/masthead/bin/python -I -c "from dashboard.bundle import present; assert present()"

FROM python:3.13-slim
COPY --from=build /opt/masthead /opt/masthead
RUN install -d -o 10001 -g 10001 /var/lib/masthead
ENV PATH=/opt/masthead/bin:/usr/local/bin:/usr/bin:/bin HOME=/var/lib/masthead PYTHONUNBUFFERED=1
WORKDIR /var/lib/masthead
USER 10001:10001
EXPOSE 8050
HEALTHCHECK --start-period=30s CMD ["python", "-I", "-c", "import os; from urllib.request import urlopen; urlopen(f'http://127.0.0.1:8050{os.environ.get(\"MASTHEAD_PREFIX\", \"\")}/health', timeout=9)"]
ENTRYPOINT ["masthead"]
CMD ["up", "--host", "0.0.0.0"]
