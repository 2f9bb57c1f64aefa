"""Portfolios, their members, transactions and imports, one module a topic."""

from portfolios.models.archives import ArchiveImport
from portfolios.models.benchmark import BenchmarkPart
from portfolios.models.imports import ImportPreset, TransactionImport
from portfolios.models.links import PublicLink
from portfolios.models.lots import CarriedLots, ReliefLink
from portfolios.models.members import PortfolioInvitation, PortfolioMember
from portfolios.models.portfolio import Portfolio
from portfolios.models.quality import QualityDismissal, QualityRun
from portfolios.models.tags import InstrumentTag
from portfolios.models.targets import AllocationTarget, LotSize
from portfolios.models.transactions import Transaction, TransactionRevision

__all__ = [
    "AllocationTarget",
    "ArchiveImport",
    "BenchmarkPart",
    "CarriedLots",
    "ImportPreset",
    "InstrumentTag",
    "LotSize",
    "Portfolio",
    "PortfolioInvitation",
    "PortfolioMember",
    "PublicLink",
    "QualityDismissal",
    "QualityRun",
    "ReliefLink",
    "Transaction",
    "TransactionImport",
    "TransactionRevision",
]
