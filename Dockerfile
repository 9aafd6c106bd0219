# The grader in a container, for macOS, Windows and CI (Dockerfile.lab is for learners): docs/grading.md, "In a container", says how to run it.
FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /course
COPY . .
RUN pip install --no-cache-dir -c requirements.lock -r requirements.txt -e ".[grade]"

# Not root: Linux limits the processes of all users except root. A home that every user may write to lets
# `docker run --user` choose the one who owns the results.
RUN useradd --create-home grader
ENV HOME=/tmp
USER grader

ENTRYPOINT ["workbook", "grade", "--root", "/course"]
CMD ["--help"]
