"""The image: built of the Dockerfile, and proved to serve as it promises."""
