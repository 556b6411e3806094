"""The console: pages for operators, rendered on the server. docs/console.md says how to add one."""
