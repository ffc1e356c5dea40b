"""How tools are declared and run."""
