"""What answers over HTTP: the edge for pages, the framework behind it for servers and people."""
