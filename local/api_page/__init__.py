"""The API as a page: made from openapi.yaml, template.yaml and docs/reference/errors.md."""
