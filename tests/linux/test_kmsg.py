import pytest

from ichor.linux.kmsg import KernelKmsg


@pytest.mark.root
def test_the_kernels_ring_is_read_in_order() -> None:
    numbers = [record.sequence for record in KernelKmsg().records()]
    assert numbers
    assert numbers == sorted(set(numbers))
