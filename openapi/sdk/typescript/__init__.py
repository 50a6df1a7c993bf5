"""The TypeScript SDK: openapi-typescript, openapi-fetch, and a thin companion."""
