"""The MCP front end; everything that knows the MCP SDK lives here."""
