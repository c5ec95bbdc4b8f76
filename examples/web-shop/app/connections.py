"""Connections to PostgreSQL and Redis that give up after seconds: a request must not wait for ever."""

import os
from contextlib import contextmanager

import psycopg2
import psycopg2.pool
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

JOBS = "queue:jobs"


class Database:
    """A few connections to PostgreSQL, opened when they are needed."""

    def __init__(self, most: int):
        self._pool = psycopg2.pool.ThreadedConnectionPool(
            0,
            most,
            os.environ["DATABASE_URL"],
            connect_timeout=2,
            tcp_user_timeout=2000,
            options="-c statement_timeout=2000",
        )

    @contextmanager
    def transaction(self):
        """Gives a cursor; what fails is rolled back, and its connection is not used again."""
        connection = self._pool.getconn()
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        except BaseException:
            self._pool.putconn(connection, close=True)
            raise
        self._pool.putconn(connection)


def connect_to_queue() -> redis.Redis:
    """A client of Redis. It tries once more at once, for a connection may be from before a restart."""
    return redis.Redis.from_url(
        os.environ["REDIS_URL"],
        socket_connect_timeout=1,
        socket_timeout=3,
        retry=Retry(NoBackoff(), 1),
    )
