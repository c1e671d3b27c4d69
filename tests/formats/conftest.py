"""What the tests of formats are run over."""

from __future__ import annotations

import pytest
from saved import NAMES
from written_tables import saved_table

from resnet_inspect.views.tables import VIEWS
from resnet_inspect.views.tables.table import Table


@pytest.fixture(params=[(name, view) for name in NAMES for view in VIEWS], ids="-".join)
def table(request: pytest.FixtureRequest) -> Table:
    """Every view of every saved trace in turn."""
    return saved_table(*request.param)
