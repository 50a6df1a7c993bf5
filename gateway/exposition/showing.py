"""Begins and ends what a process shows of itself, as the settings say."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from gateway.errors import ConfigurationError
from gateway.exposition.folder import shared_folder
from gateway.factory import Gateway
from gateway.measures import meters, tracing
from gateway.settings import Settings


class _Shared:
    folder: Path | None = None


@contextmanager
def prepared(settings: Settings) -> Iterator[None]:
    """Prepare, before the first fork, what the processes of a group share.

    Raises:
        ConfigurationError: traces are wanted, and what makes them is not installed.
    """
    if settings.otlp_endpoint and find_spec("opentelemetry") is None:
        raise ConfigurationError(
            "SPE_GATEWAY_OTLP_ENDPOINT needs OpenTelemetry: install spe-gateway[otel]."
        )
    with ExitStack() as undo:
        if settings.metrics_bind:
            _Shared.folder = undo.enter_context(shared_folder())
        yield


def shown(settings: Settings, gateway: Gateway) -> ExitStack:
    """Show what this process does, from now on; what is not asked for is not even imported.

    Args:
        settings: say what, and to whom.
        gateway: of this process, after the fork.

    Returns:
        What ends it when it is closed.
    """
    ends = ExitStack()
    if settings.otlp_endpoint:
        from gateway.measures import spans  # noqa: PLC0415 # an extra that may be absent

        exporter = spans.exporter(settings.otlp_endpoint)
        tracing.switch_on(spans.Spans(exporter, settings.trace_share, version("spe-gateway")))
        ends.callback(tracing.switch_off)
    if settings.metrics_bind and _Shared.folder is not None:
        from gateway.exposition.listener import Listener  # noqa: PLC0415 # zero cost when off
        from gateway.measures.instruments import Instruments  # noqa: PLC0415 # likewise

        meters.use(Instruments())
        listener = Listener(settings.metrics_bind, _Shared.folder, gateway)
        listener.start()
        ends.callback(listener.close)
        ends.callback(meters.use, meters.Meters())
    return ends
