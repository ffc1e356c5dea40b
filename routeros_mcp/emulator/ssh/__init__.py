"""The SSH service: logins, commands, a shell, files."""
