"""What the service knows: clusters of affiliates with times to live. Pure but for its own state.

    cluster id -> affiliate id -> data until t, endpoint -> until t

An update replaces the data if it has any and adds endpoints; everything is forgotten at its own
time. `now` is seconds on any clock that does not go back. Each method says which affiliates
changed, so that watchers can be told; what they are told is what is known then.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ichor.errors import InputError

ID_MAX, DATA_MAX, ENDPOINT_MAX = 256, 4096, 128
ENDPOINTS_MAX, AFFILIATES_MAX, CLUSTERS_MAX = 64, 2048, 1024
TTL_MAX_S = 30 * 60


@dataclass(slots=True)
class Record:
    data: bytes = b""
    until: float = 0.0
    endpoints: dict[bytes, float] = field(default_factory=dict)


@dataclass(slots=True)
class Update:
    """data: None leaves what is known. ttl_s counts for the data and these endpoints."""

    affiliate_id: str
    data: bytes | None
    endpoints: tuple[bytes, ...]
    ttl_s: float


class Registry:
    def __init__(self) -> None:
        self._clusters: dict[str, dict[str, Record]] = {}

    def update(self, cluster_id: str, update: Update, now: float) -> bool:
        """Take in an update; says whether anything changed. Raises InputError."""
        check_id(cluster_id)
        _check(update)
        cluster = self._clusters.get(cluster_id, {})
        record = cluster.get(update.affiliate_id, Record())
        self._check_room(cluster_id, cluster, update, record)
        before = (record.data, set(record.endpoints))
        until = now + min(update.ttl_s, TTL_MAX_S)
        if update.data is not None:
            record.data, record.until = update.data, until
        record.endpoints |= dict.fromkeys(update.endpoints, until)
        cluster[update.affiliate_id] = record
        self._clusters[cluster_id] = cluster
        return before != (record.data, set(record.endpoints))

    def delete(self, cluster_id: str, affiliate_id: str) -> bool:
        cluster = self._clusters.get(cluster_id, {})
        gone = cluster.pop(affiliate_id, None) is not None
        if not cluster:
            self._clusters.pop(cluster_id, None)
        return gone

    def get(self, cluster_id: str, affiliate_id: str) -> Record | None:
        return self._clusters.get(cluster_id, {}).get(affiliate_id)

    def ids(self, cluster_id: str) -> tuple[str, ...]:
        return tuple(sorted(self._clusters.get(cluster_id, {})))

    def expire(self, now: float) -> Iterator[tuple[str, str]]:
        """Forget what is over; yields (cluster, affiliate) of each change."""
        for cluster_id, cluster in list(self._clusters.items()):
            for affiliate_id, record in list(cluster.items()):
                if _expire(record, now):
                    if not record.data and not record.endpoints:
                        self.delete(cluster_id, affiliate_id)
                    yield cluster_id, affiliate_id

    def _check_room(
        self, cluster_id: str, cluster: dict[str, Record], update: Update, record: Record
    ) -> None:
        if cluster_id not in self._clusters and len(self._clusters) >= CLUSTERS_MAX:
            raise InputError(f"more than {CLUSTERS_MAX} clusters")
        if update.affiliate_id not in cluster and len(cluster) >= AFFILIATES_MAX:
            raise InputError(f"more than {AFFILIATES_MAX} affiliates in a cluster")
        if len({*record.endpoints, *update.endpoints}) > ENDPOINTS_MAX:
            raise InputError(f"more than {ENDPOINTS_MAX} endpoints of an affiliate")


def check_id(given: str) -> None:
    """Raises InputError for an id that is empty or too long."""
    if not 0 < len(given) <= ID_MAX:
        raise InputError(f"an id has 1..{ID_MAX} characters, not {len(given)}")


def _check(update: Update) -> None:
    check_id(update.affiliate_id)
    if update.data is not None and len(update.data) > DATA_MAX:
        raise InputError(f"affiliate data has at most {DATA_MAX} bytes, not {len(update.data)}")
    if any(len(endpoint) > ENDPOINT_MAX for endpoint in update.endpoints):
        raise InputError(f"an endpoint has at most {ENDPOINT_MAX} bytes")
    if update.ttl_s <= 0:
        raise InputError("the time to live is missing")


def _expire(record: Record, now: float) -> bool:
    over = [endpoint for endpoint, until in record.endpoints.items() if until <= now]
    for endpoint in over:
        del record.endpoints[endpoint]
    if record.data and record.until <= now:
        record.data = b""
        return True
    return bool(over)
