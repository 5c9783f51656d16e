"""An S3-compatible server in this process, for every test that needs a bucket."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import boto3
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Generator

BUCKET = "arrivals"
KEYS = {
    "AWS_ACCESS_KEY_ID": "test-key",
    "AWS_SECRET_ACCESS_KEY": "test-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextlib.contextmanager
def running_storage() -> Generator[dict[str, str], None, None]:
    """Run a server with an empty bucket; give what the environment has to say to reach it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = {**KEYS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
        client(environment).create_bucket(Bucket=BUCKET)
        yield environment
    finally:
        server.stop()


def client(environment: dict[str, str]) -> Any:
    """Give a client, as anybody who puts files into the bucket has one."""
    return boto3.client(
        "s3", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip
