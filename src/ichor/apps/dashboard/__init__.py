"""The dashboard on a machine's own screen."""
