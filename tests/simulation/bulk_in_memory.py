"""S3, Step Functions, CloudWatch and EventBridge in memory, on each layer of the simulation."""

from __future__ import annotations

import io
from hashlib import md5
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.aws_in_memory import InMemoryClient
from tests.simulation.nemesis import Nemesis


class S3(InMemoryClient):
    """Objects by key. The keys of the buckets differ."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("s3", nemesis)
        self.objects: dict[str, bytes] = {}

    def get_object(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            content = self._find(request)
            if request.get("IfMatch", _etag(content)) != _etag(content):
                raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "GetObject")
            if "Range" in request:
                first, _, last = request["Range"].removeprefix("bytes=").partition("-")
                content = content[int(first) : int(last) + 1]
            return {"Body": io.BytesIO(content), "ContentLength": len(content)}

        return self._send(operation)

    def head_object(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            content = self._find(request)
            return {"ETag": _etag(content), "ContentLength": len(content)}

        return self._send(operation)

    def put_object(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            self.objects[request["Key"]] = request["Body"]
            return {}

        return self._send(operation)

    def delete_object(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            self.objects.pop(request["Key"], None)
            return {}

        return self._send(operation)

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            keys = sorted(key for key in self.objects if key.startswith(request["Prefix"]))
            contents = [{"Key": key, "Size": len(self.objects[key])} for key in keys]
            return {"Contents": contents, "KeyCount": len(contents), "IsTruncated": False}

        return self._send(operation)

    def generate_presigned_url(self, operation: str, **_: Any) -> str:
        return f"https://s3/{operation}"  # it is made without a request

    def _find(self, request: dict[str, Any]) -> bytes:
        if request["Key"] not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return self.objects[request["Key"]]


class StepFunctions(InMemoryClient):
    """Executions that were started. Each name is accepted once."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("stepfunctions", nemesis)
        self.inputs: dict[str, str] = {}

    def start_execution(self, **request: Any) -> dict[str, Any]:
        def operation() -> dict[str, Any]:
            if request["name"] in self.inputs:
                raise ClientError({"Error": {"Code": "ExecutionAlreadyExists"}}, "StartExecution")
            self.inputs[request["name"]] = request["input"]
            return {"executionArn": request["name"]}

        return self._send(operation)


class CloudWatch(InMemoryClient):
    """The ledger is never behind."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("cloudwatch", nemesis)

    def get_metric_statistics(self, **_: Any) -> dict[str, Any]:
        return self._send(lambda: {"Datapoints": []})


class EventBridge(InMemoryClient):
    """A bus without a rule."""

    def __init__(self, nemesis: Nemesis) -> None:
        super().__init__("events", nemesis)

    def put_events(self, **_: Any) -> dict[str, Any]:
        return self._send(lambda: {"FailedEntryCount": 0})


def _etag(content: bytes) -> str:
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'
