"""The pieces of `./run bench chaos`: real processes, a biller that misbehaves, and a judge."""
