"""From sources to artefacts: components, OCI images, the root squashfs, as steps over a cache."""
