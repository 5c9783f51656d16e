"""What scripts that bring a CSV file to Coperniq do: one `requests.post` a row, and the id printed or forgotten.

`python -m benchmarks.plain COPERNIQ KEY COMPANY FILE ROWS` prints seconds as JSON. It is given what makes it fast
short of another design: one session for all rows, and no look at what was sent before.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import time
from pathlib import Path

import requests

MUTATION = """
mutation ($companyId: Int!, $input: [ContactInput!]!) {
  createContacts(companyId: $companyId, input: $input) { results { id userErrors { message } } }
}
"""


def main() -> None:
    """Send the first rows of a file of contacts, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coperniq")
    parser.add_argument("key")
    parser.add_argument("company", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("rows", type=int)
    arguments = parser.parse_args()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {arguments.key}"
    with arguments.file.open(encoding="utf-8", newline="") as file:
        began = time.perf_counter()
        for row in itertools.islice(csv.DictReader(file), arguments.rows):
            contact = {
                "name": row["name"], "emails": [row["email"]], "phones": [row["phone"]], "title": row["title"],
                "source": row["source"],
            }  # fmt: skip
            variables = {"companyId": arguments.company, "input": [contact]}
            answer = session.post(arguments.coperniq, json={"query": MUTATION, "variables": variables}, timeout=60)
            (result,) = answer.json()["data"]["createContacts"]["results"]
            if result["id"] is None:
                raise SystemExit(f"Coperniq refused a row: {result['userErrors'][0]['message']}")
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
