FROM python:3.11-slim
WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY . .
RUN python -m loanhub.cli.build && useradd --create-home loanhub && mkdir /data /keys && chown loanhub /data /keys && chmod 700 /data /keys
USER loanhub
EXPOSE 8080
CMD ["python", "-m", "loanhub.cli.serve"]
