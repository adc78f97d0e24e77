"""The bare transaction of a like, by the driver alone: insert and counter, then delete and counter.

`python -m bench.transaction FOLDER USER POST COUNT [DATABASE_URL]` prints the CPU time and how long each took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.site import connected

LIKE = (
    "INSERT INTO likes (post_id, user_id, created_at) VALUES ({post}, {user}, CURRENT_TIMESTAMP)",
    "UPDATE posts SET like_count = like_count + 1 WHERE id = {post}",
)
UNLIKE = (
    "DELETE FROM likes WHERE post_id = {post} AND user_id = {user}",
    "UPDATE posts SET like_count = like_count - 1 WHERE id = {post}",
)


def main(folder: str, user: str, post: str, count: str, database_url: str = "") -> None:
    """Take the like away and give it again, `count` transactions in all."""
    connection = connected(database_url, Path(folder))
    cursor = connection.cursor()
    turns = [[statement.format(user=int(user), post=int(post)) for statement in turn] for turn in (UNLIKE, LIKE)]
    latencies, began_cpu = [], time.process_time()
    for number in range(int(count) // 2 * 2):
        began = time.perf_counter()
        if not database_url:
            cursor.execute("BEGIN IMMEDIATE")
        for statement in turns[number % 2]:
            cursor.execute(statement)
        if database_url:
            connection.commit()
        else:
            cursor.execute("COMMIT")
        latencies.append(time.perf_counter() - began)
    print(json.dumps({"cpu": time.process_time() - began_cpu, "latencies": latencies}))


if __name__ == "__main__":
    main(*sys.argv[1:])
