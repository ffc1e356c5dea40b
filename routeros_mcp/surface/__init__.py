"""What a client sees beside tools: resources, prompts and the server's instructions."""
