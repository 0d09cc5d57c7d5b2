"""How fast Keyturn is, as ratios against the bare libraries in the same run on the same machine (see README.md here)."""
