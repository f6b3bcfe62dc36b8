"""Download networks: resumed where a download ended, and checked before they are kept."""
