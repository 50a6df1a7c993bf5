"""SDKs by openapi-generator, for languages that have no companion of ours."""
