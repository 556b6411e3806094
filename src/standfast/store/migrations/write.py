"""For developers: write the next revision of a stream from what the schema says now.

python -m standfast.store.migrations.write core 0002 "What is now true"
"""

import argparse
import tempfile
from pathlib import Path

from alembic import command

from standfast.store.database import open_database
from standfast.store.migrate import alembic_config, upgrade


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stream", choices=["core", "mirror"])
    parser.add_argument("revision")
    parser.add_argument("message")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder), None)
        opened = database.writing() if asked.stream == "core" else database.writing_mirror()
        with opened as transaction:
            upgrade(transaction.connection, asked.stream)
            config = alembic_config(asked.stream)
            config.attributes["connection"] = transaction.connection
            config.attributes["stream"] = asked.stream
            command.revision(config, asked.message, autogenerate=True, rev_id=asked.revision)
        database.close()


if __name__ == "__main__":
    main()
