"""What is asked for once, as data: boot, reboot, shutdown, reset, bootstrap, join."""
