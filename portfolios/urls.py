"""Addresses of the pages of portfolios."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from portfolios.views import (
    charts,
    dashboard,
    explain,
    import_presets,
    imports,
    instruments,
    invitations,
    performance,
    portfolio,
    quality,
    risk,
    settings,
    sharing,
    tags,
    transactions,
)

_ENTRY = "transactions/<uuid:transaction_id>"
_ONE: list[URLPattern | URLResolver] = [
    path("", portfolio.portfolio, name="portfolio"),
    path("chart/", charts.portfolio_chart, name="portfolio-chart"),
    path("performance/", performance.performance, name="portfolio-performance"),
    path("risk/", risk.risk_page, name="portfolio-risk"),
    path("risk/chart/", charts.risk_chart, name="portfolio-risk-chart"),
    path("figures/", portfolio.period_figures, name="portfolio-figures"),
    path("allocation/", portfolio.allocation, name="portfolio-allocation"),
    path("positions/<uuid:instrument>/", portfolio.position, name="portfolio-position"),
    path("positions/<uuid:instrument>/tags/", tags.tags, name="portfolio-tags"),
    path("explain/<slug:figure>/", explain.explain, name="portfolio-explain"),
    path("quality/", quality.portfolio_quality, name="portfolio-quality"),
    path("quality/<uuid:issue_id>/dismiss/", quality.dismiss, name="quality-dismiss"),
    path("quality/<uuid:issue_id>/restore/", quality.restore, name="quality-restore"),
    path("settings/", settings.portfolio_settings, name="portfolio-settings"),
    path("delete/", settings.portfolio_delete, name="portfolio-delete"),
    path("import/", include([*imports.urlpatterns, *import_presets.urlpatterns])),
    path("sharing/", sharing.sharing, name="portfolio-sharing"),
    path("sharing/invite/", sharing.invite, name="portfolio-invite"),
    path("sharing/invitations/<uuid:invitation_id>/resend/", sharing.resend, name="invitation-resend"),
    path("sharing/invitations/<uuid:invitation_id>/withdraw/", sharing.withdraw, name="invitation-withdraw"),
    path("sharing/members/<uuid:user_id>/role/", sharing.role, name="member-role"),
    path("sharing/members/<uuid:user_id>/remove/", sharing.remove, name="member-remove"),
    path("sharing/owner/", sharing.hand_over, name="portfolio-hand-over"),
    path("transactions/", transactions.transaction_list, name="transaction-list"),
    path("transactions/new/", transactions.transaction_create, name="transaction-create"),
    path(f"{_ENTRY}/", transactions.transaction_edit, name="transaction-edit"),
    path(f"{_ENTRY}/row/", transactions.row_piece, name="transaction-row"),
    path(f"{_ENTRY}/delete/", transactions.transaction_delete, name="transaction-delete"),
    path(f"{_ENTRY}/restore/", transactions.transaction_restore, name="transaction-restore"),
    path(f"{_ENTRY}/history/", transactions.transaction_history, name="transaction-history"),
]

urlpatterns = [
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/chart/", charts.dashboard_chart, name="dashboard-chart"),
    path("dashboard/allocation/", dashboard.allocation, name="dashboard-allocation"),
    path("dashboard/explain/<slug:figure>/", explain.explain_everything, name="dashboard-explain"),
    path("portfolios/", settings.portfolio_list, name="portfolio-list"),
    path("portfolios/new/", settings.portfolio_create, name="portfolio-create"),
    path("portfolios/sample/", settings.portfolio_sample, name="portfolio-sample"),
    path("portfolios/positions/", dashboard.position_list, name="position-list"),
    path("portfolios/quality/", quality.all_quality, name="quality"),
    path("portfolios/instruments/", instruments.choices, name="instrument-choices"),
    path("portfolios/instruments/new/", instruments.own, name="instrument-own"),
    path("portfolios/<uuid:portfolio_id>/", include(_ONE)),
    path("invitations/<uuid:invitation_id>/accept/", invitations.accept, name="invitation-accept"),
    path("invitations/<uuid:invitation_id>/decline/", invitations.decline, name="invitation-decline"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
]
