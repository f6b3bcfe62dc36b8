"""From the outside world to the mailbox: cameras, streams, videos, pictures and the test pattern."""
