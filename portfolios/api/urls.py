"""Routes of the REST API of portfolios."""

from __future__ import annotations

from django.urls import path

from portfolios.api import (
    analysis,
    archives,
    contract,
    explain,
    import_presets,
    imports,
    income,
    portfolios,
    public_links,
    quality,
    rebalancing,
    reports,
    risk,
    sharing,
    tags,
    transfers,
)

ONE = "api/v1/portfolios/<uuid:portfolio_id>"
INVITATION = f"{ONE}/invitations/<uuid:invitation_id>"
RECEIVED = "api/v1/invitations"
ENTRY = f"{ONE}/transactions/<uuid:transaction_id>"

urlpatterns = [
    path("api/v1/portfolios", portfolios.PortfolioListView.as_view(), name="api-portfolios"),
    path(ONE, portfolios.PortfolioView.as_view(), name="api-portfolio"),
    path(f"{ONE}/transactions", portfolios.TransactionListView.as_view(), name="api-transactions"),
    path(
        f"{ONE}/transactions/batch", portfolios.TransactionBatchView.as_view(), name="api-transaction-batch"
    ),
    path(ENTRY, portfolios.TransactionView.as_view(), name="api-transaction"),
    path(f"{ENTRY}/restore", portfolios.TransactionRestoreView.as_view(), name="api-transaction-restore"),
    path(
        f"{ENTRY}/revisions", portfolios.TransactionRevisionsView.as_view(), name="api-transaction-revisions"
    ),
    path(f"{ONE}/valuation", analysis.ValuationView.as_view(), name="api-valuation"),
    path(f"{ONE}/positions", analysis.PositionsView.as_view(), name="api-positions"),
    path(f"{ONE}/lots", analysis.LotsView.as_view(), name="api-lots"),
    path(f"{ONE}/disposals", analysis.DisposalsView.as_view(), name="api-disposals"),
    path(f"{ONE}/series", analysis.SeriesView.as_view(), name="api-series"),
    path(f"{ONE}/performance", analysis.PerformanceView.as_view(), name="api-performance"),
    path(f"{ONE}/benchmark", risk.BenchmarkView.as_view(), name="api-benchmark"),
    path(f"{ONE}/benchmark-comparison", risk.ComparisonView.as_view(), name="api-benchmark-comparison"),
    path(f"{ONE}/risk", risk.RiskView.as_view(), name="api-risk"),
    path(f"{ONE}/rolling-risk", risk.RollingRiskView.as_view(), name="api-rolling-risk"),
    path(f"{ONE}/statement", analysis.StatementView.as_view(), name="api-statement"),
    path(f"{ONE}/allocation", analysis.AllocationView.as_view(), name="api-allocation"),
    path(f"{ONE}/income", income.IncomeView.as_view(), name="api-income"),
    path(f"{ONE}/income/payments", income.PaymentsView.as_view(), name="api-income-payments"),
    path(f"{ONE}/cost-methods", analysis.CostMethodsView.as_view(), name="api-cost-methods"),
    path(f"{ONE}/transfers", transfers.TransfersView.as_view(), name="api-transfers"),
    path(f"{ONE}/realised-gains", analysis.RealisedView.as_view(), name="api-realised"),
    path(f"{ONE}/realised-gains/export", analysis.RealisedExportView.as_view(), name="api-realised-export"),
    path(f"{ONE}/members", sharing.MembersView.as_view(), name="api-members"),
    path(f"{ONE}/members/<uuid:user_id>", sharing.MemberView.as_view(), name="api-member"),
    path(f"{ONE}/owner", sharing.OwnerView.as_view(), name="api-owner"),
    path(f"{ONE}/invitations", sharing.InvitationsView.as_view(), name="api-invitations"),
    path(INVITATION, sharing.InvitationView.as_view(), name="api-invitation"),
    path(f"{INVITATION}/resend", sharing.InvitationResendView.as_view(), name="api-invitation-resend"),
    path(f"{ONE}/public-links", public_links.PublicLinksView.as_view(), name="api-public-links"),
    path(
        f"{ONE}/public-links/<uuid:link_id>",
        public_links.PublicLinkView.as_view(),
        name="api-public-link",
    ),
    path(
        "api/v1/public/portfolios/<str:token>",
        public_links.PublicPortfolioView.as_view(),
        name="api-public-portfolio",
    ),
    path(RECEIVED, sharing.ReceivedView.as_view(), name="api-received"),
    path(f"{RECEIVED}/<uuid:invitation_id>/accept", sharing.AcceptView.as_view(), name="api-received-accept"),
    path(
        f"{RECEIVED}/<uuid:invitation_id>/decline", sharing.DeclineView.as_view(), name="api-received-decline"
    ),
    path("api/v1/allocation", reports.ReportAllocationView.as_view(), name="api-report-allocation"),
    path("api/v1/performance", reports.ReportPerformanceView.as_view(), name="api-report-performance"),
    path("api/v1/statement", reports.ReportStatementView.as_view(), name="api-report-statement"),
    path("api/v1/series", reports.ReportSeriesView.as_view(), name="api-report-series"),
    path("api/v1/risk", risk.ReportRiskView.as_view(), name="api-report-risk"),
    path("api/v1/rolling-risk", risk.ReportRollingRiskView.as_view(), name="api-report-rolling-risk"),
    path(
        "api/v1/benchmark-comparison",
        risk.ReportComparisonView.as_view(),
        name="api-report-benchmark-comparison",
    ),
    path(f"{ONE}/targets", rebalancing.TargetsView.as_view(), name="api-targets"),
    path(f"{ONE}/lot-sizes", rebalancing.LotSizesView.as_view(), name="api-lot-sizes"),
    path(f"{ONE}/rebalancing", rebalancing.RebalancingView.as_view(), name="api-rebalancing"),
    path(f"{ONE}/quality", quality.PortfolioQualityView.as_view(), name="api-quality"),
    path(f"{ONE}/quality/dismissals", quality.DismissalsView.as_view(), name="api-quality-dismissals"),
    path(
        f"{ONE}/quality/dismissals/<uuid:issue_id>",
        quality.DismissalView.as_view(),
        name="api-quality-dismissal",
    ),
    path("api/v1/quality-checks", quality.QualityChecksView.as_view(), name="quality-checks"),
    path("api/v1/explain", explain.ExplainView.as_view(), name="api-explain"),
    path(f"{ONE}/rates-used", explain.RatesUsedView.as_view(), name="api-rates-used"),
    path("api/v1/tags", tags.TagsView.as_view(), name="api-tags"),
    path(
        "api/v1/instruments/<uuid:uuid>/tags", tags.InstrumentTagsView.as_view(), name="api-instrument-tags"
    ),
    path("api/v1/net-worth", analysis.NetWorthView.as_view(), name="api-net-worth"),
    path("api/v1/place-order", contract.PlaceOrderView.as_view(), name="place-order"),
    path("api/v1/orders/purchased", contract.PurchasedOrdersView.as_view(), name="orders-purchased"),
    path("api/v1/portfolio-position", contract.PortfolioPositionView.as_view(), name="portfolio-position"),
    path("api/portfolio/total", contract.CoinTotalView.as_view(), name="crypto-total"),
    path("api/portfolio/add", contract.CoinAddView.as_view(), name="crypto-add"),
    path("api/portfolio/remove", contract.CoinRemoveView.as_view(), name="crypto-remove"),
    *archives.urlpatterns,
    *imports.urlpatterns,
    *import_presets.urlpatterns,
]
