"""Status reports of an instance by mail."""

from .archive_admin import opened
from .commands import command
from .deployment import Deployment
from .failures import out_of_range
from .smtp import mail
from .time_zones import zone
from .wire import Arguments


@command("SendStatusReport", "change")
def send_status_report(deployment: Deployment, arguments: Arguments) -> None:
    """Send a report on a span of time to some addresses."""
    archive = opened(deployment, arguments)
    zone(deployment, arguments["timeZoneId"])
    recipients = [word.strip() for word in arguments["recipients"].split(",")]
    if not all("@" in recipient for recipient in recipients):
        raise out_of_range()
    settings = archive.configuration.get("smtp", {})
    sent = mail(settings, f"status report {arguments['timespan']}", recipients)
    archive.mails.append(sent)
