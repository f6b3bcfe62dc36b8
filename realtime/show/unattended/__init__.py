"""Shows that run alone, for weeks: the lock of a kiosk, hours of operation, health, log file."""
