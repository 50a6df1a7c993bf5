"""The SDK for Python with urllib3: how it is generated, and its main job."""
