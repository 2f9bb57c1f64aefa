"""What portfolios do when something happened: wake tasks."""

from __future__ import annotations

from core.bus import Phase, bus
from core.live.carrier import send_hint
from portfolios.events import ArchiveQueued, ImportQueued, MemberRemoved, PortfolioChanged
from portfolios.payloads.live import PortfolioFeed
from portfolios.selectors.portfolios import members_of
from portfolios.tasks import CHECK_AFTER_SECONDS, check_quality, work_archive, work_import

# a hint without a number: read everything anew
ANEW = 0


@bus.subscribe(PortfolioChanged, Phase.AFTER_COMMIT)
def wake_quality_checks(event: PortfolioChanged) -> None:
    """Have the quality checks run once the changes of a moment are all in; the nightly run finds the rest."""
    check_quality.apply_async(args=(str(event.portfolio_id),), countdown=CHECK_AFTER_SECONDS)


@bus.subscribe(ImportQueued, Phase.AFTER_COMMIT)
def wake_import(event: ImportQueued) -> None:
    """Have a task take the file up; the sweep finds it if this call is lost."""
    work_import.delay(str(event.import_id))


@bus.subscribe(ArchiveQueued, Phase.AFTER_COMMIT)
def wake_archive(event: ArchiveQueued) -> None:
    """Have a task bring the archive in; the sweep finds it if this call is lost."""
    work_archive.delay(str(event.archive_id))


@bus.subscribe(PortfolioChanged, Phase.AFTER_COMMIT)
def tell_open_pages(event: PortfolioChanged) -> None:
    """Let the open pages of all members show what changed."""
    for user_id in members_of(event.portfolio_id):
        send_hint(PortfolioFeed.name, str(user_id), ANEW)


@bus.subscribe(MemberRemoved, Phase.AFTER_COMMIT)
def end_open_pages(event: MemberRemoved) -> None:
    """Let the open pages of somebody who may look no longer show nothing new."""
    send_hint(PortfolioFeed.name, str(event.user_id), ANEW)
